"""The answers and edits of a user of a rendered project, and the manual steps of an update.

The edits only touch strings that every version renders.
"""

from pathlib import Path

USER_ANSWERS = {
    "project_name": "Order Desk",
    "project_slug": "order-desk",
    "description": "Orders, for the desk.",
    "author": 'Ann "AB" Lee',
    "auth0_domain": "desk.eu.auth0.com",
    "auth0_audience": "https://orders.example.com",
    "cors_origins": "https://app.example.com, http://localhost:3000",
    "license": "Apache-2.0",
    "deployment": "docker",
}
PACKAGE = "order_desk"
AUDIENCE_SETTING = f'"AUTH0_AUDIENCE": "{USER_ANSWERS["auth0_audience"]}'
SCOPED_MESSAGE = "Hello! You may read messages."

VIEW = """

@api.get("/orders")
@requires_scope("read:orders")
def get_orders() -> dict[str, list[str]]:
    return {"orders": []}
"""

TEST = '''"""Access to the orders."""

from .conftest import Call, Mint


def test_orders_require_the_scope(call: Call, token: Mint) -> None:
    assert call("/api/orders", token(scope="read:orders")).json == {"orders": []}
    assert call("/api/orders", token(scope="read:messages")).status_code == 403
'''


def make_user_edits(project: Path) -> None:
    """Make a user's first edits and delete a file that the user does not need."""
    package = project / PACKAGE
    replace_once(package / "routes.py", SCOPED_MESSAGE, "Hello! You may read all messages.")
    append_text(package / "routes.py", VIEW)
    replace_once(package / "config.py", AUDIENCE_SETTING, f"{AUDIENCE_SETTING}/v2")
    edit_readme(project)
    (project / "tests/test_orders.py").write_text(TEST, encoding="utf-8")
    (project / ".github/dependabot.yml").unlink()


def edit_readme(project: Path) -> None:
    """Add a sentence above "Run it" and a section at the end."""
    replace_once(project / "README.md", "\n## Run it\n", "\nAsk the desk first.\n\n## Run it\n")
    append_text(project / "README.md", "\n## Who looks after it\n\nThe desk.\n")


def edit_tenant_file(project: Path) -> None:
    """Make the edits that UPGRADING.md requires when the project gets its tenant file."""
    tenant = project / "auth0/tenant.yaml"
    scope = "        description: Read messages\n"
    another = '      - value: "read:orders"\n        description: Read orders\n'
    replace_once(tenant, scope, scope + another)
    text = tenant.read_text(encoding="utf-8")
    audience = USER_ANSWERS["auth0_audience"]
    tenant.write_text(text.replace(f'"{audience}"', f'"{audience}/v2"'), encoding="utf-8")


def replace_once(file: Path, old: str, new: str) -> None:
    """Replace a string that must occur in the file exactly once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def append_text(file: Path, text: str) -> None:
    """Append a string to a file."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
