"""Edits that users make to a new project in their first week: their own code and tests."""

import re
from pathlib import Path

from .recipes import DATABASE, RATE_LIMIT, TRACES, VALIDATION, add_code, follow_recipe
from .user_edits import replace_once
from .user_project import UserProject

ORDERS = '''"""The endpoints. The decorator below each route declares who may call it."""

from flask import Blueprint

from .auth import current_token, requires_scope

api = Blueprint("api", __name__, url_prefix="/api")


@api.get("/orders")
@requires_scope("read:orders")
def list_orders() -> dict[str, object]:
    """List the orders of the caller."""
    return {"customer": current_token.subject, "orders": []}
'''
TESTS_OF_ORDERS = '''"""Who may read orders."""

import pytest

from .conftest import Call, Mint


@pytest.mark.parametrize(("scope", "status"), [("read:orders", 200), ("openid", 403)])
def test_orders_require_the_scope(call: Call, token: Mint, scope: str, status: int) -> None:
    assert call("/api/orders", token(scope=scope)).status_code == status


def test_caller_sees_only_own_orders(call: Call, token: Mint) -> None:
    response = call("/api/orders", token(scope="read:orders", sub="auth0|ann"))

    assert response.json == {"customer": "auth0|ann", "orders": []}
'''
PATH_OF_ORDERS = """  /api/orders:
    get:
      summary: The orders of the caller
      operationId: listOrders
      tags: [orders]
      responses:
        "200":
          description: The orders
          content:
            application/json:
              schema:
                type: object
                required: [customer, orders]
                properties:
                  customer: { type: string }
                  orders: { type: array, items: { type: string } }

"""
NO_ROUTES = '''"""The endpoints. The decorator below each route declares who may call it."""

from flask import Blueprint

api = Blueprint("api", __name__, url_prefix="/api")
'''
TESTS_OF_TWO_SAMPLES = '''"""Who may call the endpoints."""

from .conftest import Call, Mint


def test_anyone_may_call_the_public_endpoint(call: Call) -> None:
    assert call("/api/public", "whatever").status_code == 200


def test_private_endpoint_requires_a_valid_token(call: Call, token: Mint) -> None:
    assert call("/api/private", token()).status_code == 200
    assert call("/api/private", token(exp=0)).status_code == 401
'''
TESTS_OF_MESSAGES = '''"""Messages in the database, which is in memory here."""

from collections.abc import Iterator

import pytest
from flask import Flask

from messages_api.database import db

from .conftest import Call, Mint

MESSAGES = "/api/messages"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"DATABASE_URL": "sqlite://"}


@pytest.fixture(autouse=True)
def tables(app: Flask) -> Iterator[None]:
    created = app.test_cli_runner().invoke(args=["create-tables"])
    assert created.exit_code == 0, created.output
    yield
    with app.app_context():
        db.engine.dispose()


def test_caller_reads_only_own_messages(call: Call, token: Mint) -> None:
    ann = token(scope="read:messages write:messages", sub="auth0|ann")
    bob = token(scope="read:messages", sub="auth0|bob")

    created = call(MESSAGES, ann, "POST", json={"text": "Hello!"})

    assert (created.status_code, created.json) == (201, {"text": "Hello!"})
    assert call(MESSAGES, ann).json == ["Hello!"]
    assert call(MESSAGES, bob).json == []


@pytest.mark.parametrize(
    ("body", "status", "description"),
    [
        pytest.param('{"text": 1}', 422, "text: Input should be a valid string", id="wrong type"),
        pytest.param("{}", 422, "text: Field required", id="no text"),
        pytest.param("[]", 422, "body: Input should be", id="list"),
        pytest.param("{", 400, "", id="not JSON"),
    ],
)
def test_malformed_message_is_rejected(
    call: Call, token: Mint, body: str, status: int, description: str
) -> None:
    writer = token(scope="write:messages")

    response = call(MESSAGES, writer, "POST", data=body, content_type="application/json")

    assert response.status_code == status
    assert response.json is not None
    assert response.json["description"].startswith(description)


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        pytest.param({"exp": 0}, 401, id="expired token"),
        pytest.param({"scope": "read:messages"}, 403, id="no scope"),
    ],
)
def test_rejected_caller_sees_no_validation_error(
    call: Call, token: Mint, claims: dict[str, object], status: int
) -> None:
    assert call(MESSAGES, token(**claims), "POST", json={}).status_code == status
'''
TESTS_OF_RATE_LIMIT = '''"""Limits of each client."""

from .conftest import Call, Mint


def test_each_client_has_its_own_limit(call: Call, token: Mint) -> None:
    first, second = token(azp="first"), token(azp="second")

    statuses = [call("/api/private", first).status_code for _ in range(101)]

    assert statuses == [200] * 100 + [429]
    assert call("/api/private", second).status_code == 200
'''
TESTS_OF_TRACES = '''"""Spans of requests."""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .conftest import Call, Mint


def test_requests_and_rejections_have_spans_without_the_token(call: Call, token: Mint) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    valid, expired = token(), token(exp=0)

    for each in (valid, expired):
        call("/api/private", each)

    spans = exporter.get_finished_spans()
    assert [(each.attributes or {})["http.status_code"] for each in spans] == [200, 401]
    assert not [each for each in spans if valid in each.to_json() or expired in each.to_json()]
'''
ADMIN = '''"""The endpoints of administrators."""

from flask import Blueprint

from .auth import public, requires_permission

admin = requires_permission("manage:api")(Blueprint("admin", __name__, url_prefix="/admin"))


@admin.get("/users")
def list_users() -> list[str]:
    """List the users."""
    return []


@admin.get("/motto")
@public
def get_motto() -> dict[str, str]:
    """Show the motto."""
    return {"motto": "Be kind."}
'''
TESTS_OF_ADMIN = '''"""Who may call the endpoints of administrators."""

from flask.testing import FlaskClient

from .conftest import Call, Mint


def test_users_require_the_permission(call: Call, token: Mint) -> None:
    assert call("/admin/users", token(permissions=["manage:api"])).json == []
    assert call("/admin/users", token()).status_code == 403


def test_anyone_may_read_the_motto(client: FlaskClient) -> None:
    assert client.get("/admin/motto").json == {"motto": "Be kind."}
'''
RESOURCE = '''from flask.views import MethodView

from .auth import public, requires_scope


@requires_scope("read:messages")
class Drafts(MethodView):
    """Drafts of messages."""

    def get(self) -> list[str]:
        """List the drafts."""
        return []

    @requires_scope("write:messages")
    def post(self) -> tuple[dict[str, str], int]:
        """Create a draft."""
        return {"text": ""}, 201


api.add_url_rule("/drafts", view_func=Drafts.as_view("drafts"))
'''
TESTS_OF_RESOURCE = '''"""Who may use drafts."""

from .conftest import Call, Mint

DRAFTS = "/api/drafts"


def test_reader_lists_drafts(call: Call, token: Mint) -> None:
    reader = token(scope="read:messages")

    assert call(DRAFTS, reader).json == []
    assert call(DRAFTS, reader, "POST").status_code == 403


def test_writer_who_reads_creates_a_draft(call: Call, token: Mint) -> None:
    writer = token(scope="read:messages write:messages")

    assert call(DRAFTS, writer, "POST").status_code == 201
'''
ASYNC_VIEW = '''import asyncio

from .auth import current_token, requires_auth


@api.get("/slow")
@requires_auth
async def get_slow() -> dict[str, str]:
    """Respond after a wait."""
    await asyncio.sleep(0)
    return {"sub": current_token.subject}
'''
TESTS_OF_ASYNC_VIEW = '''"""An endpoint that is a coroutine function."""

from .conftest import Call, Mint


def test_coroutine_knows_the_caller(call: Call, token: Mint) -> None:
    assert call("/api/slow", token(sub="auth0|ann")).json == {"sub": "auth0|ann"}
    assert call("/api/slow", token(exp=0)).status_code == 401
'''
VIEW_WITH_SETTING = '''from flask import current_app

from .auth import public


@api.get("/contact")
@public
def get_contact() -> dict[str, str]:
    """Show whom to ask."""
    return {"email": current_app.config["CONTACT"]}
'''
TESTS_OF_SETTING = '''"""The contact, which is a setting."""

import pytest

from messages_api import create_app


@pytest.mark.parametrize(
    ("settings", "contact"),
    [
        pytest.param({}, "help@example.com", id="default"),
        pytest.param({"CONTACT": "ann@example.com"}, "ann@example.com", id="set"),
    ],
)
def test_contact_comes_from_the_settings(
    environ: dict[str, str], settings: dict[str, str], contact: str
) -> None:
    client = create_app(environ | settings).test_client()

    assert client.get("/api/contact").json == {"email": contact}
'''


def replace_all(old: str, new: str, *files: Path) -> None:
    """Replace a string in files. Every file must contain it."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{file.name} has no {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")


def replace_described_samples(project: UserProject, paths: str, first: str = "public") -> None:
    """Replace the samples in openapi.yaml by these paths, starting with the sample `first`."""
    file = project.package / "openapi.yaml"
    text = file.read_text(encoding="utf-8")
    samples = re.compile(rf"  /api/{first}:\n.*?(?=  /healthz:\n)", re.DOTALL)
    assert samples.search(text)
    file.write_text(samples.sub(paths, text), encoding="utf-8")


def tenant_file_path(project: UserProject) -> Path:
    return project.path / "auth0" / "tenant.yaml"


def remove_scopes(project: UserProject) -> None:
    """Remove all scopes from the tenant file."""
    scope = '\n      - value: "read:messages"\n        description: Read messages\n'
    replace_once(tenant_file_path(project), f"    scopes:{scope}", "    scopes: []\n")
    replace_once(tenant_file_path(project), 'scope: ["read:messages"]\n', "scope: []\n")


def add_scope(project: UserProject, scope: str) -> None:
    """Add a scope or permission to the tenant file."""
    added = f'    scopes:\n      - value: "{scope}"\n        description: Added by the user\n'
    replace_once(tenant_file_path(project), "    scopes:\n", added)


def replace_routes(project: UserProject) -> None:
    """Replace the sample endpoints in routes.py, and edit nothing else."""
    project.routes.write_text(ORDERS, encoding="utf-8")


def replace_routes_and_tests(project: UserProject) -> None:
    replace_routes(project)
    (project.tests / "test_routes.py").write_text(TESTS_OF_ORDERS, encoding="utf-8")


def replace_samples(project: UserProject) -> None:
    """Replace the sample endpoints everywhere: routes, tests, OpenAPI file, tenant file."""
    replace_routes_and_tests(project)
    replace_described_samples(project, PATH_OF_ORDERS)
    replace_all("read:messages", "read:orders", tenant_file_path(project))
    replace_all("Read messages", "Read orders", tenant_file_path(project))


def change_prefix(project: UserProject) -> None:
    described, tests = project.package / "openapi.yaml", project.tests / "test_routes.py"
    replace_all("/api", "/v1", project.routes, described, tests)


def rename_scope(project: UserProject) -> None:
    described, tests = project.package / "openapi.yaml", project.tests / "test_routes.py"
    files = (project.routes, described, tests, tenant_file_path(project))
    replace_all("read:messages", "read:notes", *files)


def delete_samples(project: UserProject) -> None:
    project.routes.write_text(NO_ROUTES, encoding="utf-8")
    replace_described_samples(project, "")
    remove_scopes(project)
    (project.tests / "test_routes.py").unlink()


def delete_scoped_endpoint(project: UserProject) -> None:
    text = project.routes.read_text(encoding="utf-8")
    kept, deleted, _ = text.partition('\n\n@api.get("/private-scoped")')
    assert deleted
    project.routes.write_text(kept.replace(", requires_scope\n", "\n"), encoding="utf-8")
    replace_described_samples(project, "", "private-scoped")
    remove_scopes(project)
    (project.tests / "test_routes.py").write_text(TESTS_OF_TWO_SAMPLES, encoding="utf-8")


def use_problem_details(project: UserProject) -> None:
    """Respond with RFC 9457 problem details."""
    errors = project.package / "errors.py"
    replace_once(
        errors,
        '    body = json.dumps({"code": code, "description": description}) + "\\n"\n',
        '    problem = {"type": f"/problems/{code}", "title": code, "status": status}\n'
        '    body = json.dumps(problem | {"detail": description}) + "\\n"\n',
    )
    replace_once(errors, '"application/json"', '"application/problem+json"')


def change_leeway(project: UserProject) -> None:
    replace_once(project.package / "auth" / "rules.py", "EXP_LEEWAY = 5 ", "EXP_LEEWAY = 30 ")


def add_blueprint(project: UserProject) -> None:
    factory = project.package / "__init__.py"
    (project.package / "admin.py").write_text(ADMIN, encoding="utf-8")
    replace_once(factory, "from . import (\n", "from . import (\n    admin,\n")
    register = "    app.register_blueprint(routes.api)\n"
    replace_once(factory, register, f"{register}    app.register_blueprint(admin.admin)\n")
    add_test(project, "admin", TESTS_OF_ADMIN)
    add_scope(project, "manage:api")


def add_setting(project: UserProject) -> None:
    setting = '        "CONTACT": environ.get("CONTACT", "help@example.com"),\n'
    last = '        "MAX_CONTENT_LENGTH"'
    replace_once(project.package / "config.py", last, setting + last)
    add_code(project.routes, VIEW_WITH_SETTING)
    add_test(project, "contact", TESTS_OF_SETTING)


def add_resource(project: UserProject) -> None:
    add_code(project.routes, RESOURCE)
    add_test(project, "drafts", TESTS_OF_RESOURCE)
    add_scope(project, "write:messages")


def add_coroutine(project: UserProject) -> None:
    project.install("flask[async]")
    add_code(project.routes, ASYNC_VIEW)
    add_test(project, "slow", TESTS_OF_ASYNC_VIEW)


def add_database(project: UserProject) -> None:
    project.install("pydantic", "flask-sqlalchemy")
    follow_recipe(project.path, VALIDATION)
    follow_recipe(project.path, DATABASE)
    add_test(project, "messages", TESTS_OF_MESSAGES)
    add_scope(project, "write:messages")


def add_rate_limit(project: UserProject) -> None:
    project.install("flask-limiter")
    follow_recipe(project.path, RATE_LIMIT)
    add_test(project, "rate_limit", TESTS_OF_RATE_LIMIT)


def add_traces(project: UserProject) -> None:
    project.install("opentelemetry-instrumentation-flask", "opentelemetry-sdk")
    follow_recipe(project.path, TRACES)
    add_test(project, "traces", TESTS_OF_TRACES)


def add_test(project: UserProject, name: str, text: str) -> None:
    (project.tests / f"test_{name}.py").write_text(text, encoding="utf-8")
