"""What an owner may delete, as data: what a row of the rendered README says, once more.

`test_leaves.py` carries it out, and holds it against the row.
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .taking_out import Edit, public, without_import, without_line, without_lines, without_part
from .test_render import BY_DEPLOYMENT, PROMPTS

FACTORY, GUNICORN, PYPROJECT = "messages_api/__init__.py", "gunicorn.conf.py", "pyproject.toml"
CONFIG, OPENAPI = "messages_api/config.py", "messages_api/openapi.yaml"
SHELL_OF_THE_TENANT, TENANT_FILE = "local_auth0/__main__.py", "auth0/tenant.yaml"
CI, DEPENDABOT = ".github/workflows/ci.yml", ".github/dependabot.yml"

Things = Mapping[str, Sequence[str]]
"""What is taken out, by the file that it stands in."""


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """An extra, and all that is to be done by whoever does not want it."""

    row: str  # the first cell of it
    deployments: Sequence[str] = tuple(PROMPTS["deployment"])  # that render it
    files: Sequence[str]  # or folders
    listing: str = ""  # a command that lists more files
    imports: Things = field(default_factory=dict)  # names
    lines: Things = field(default_factory=dict)  # each goes with what is indented below it
    every: Things = field(default_factory=dict)  # line that has it, with what is indented below
    parts: Things = field(default_factory=dict)  # of a line
    paths: Things = field(default_factory=dict)  # of an URL, in place of which PUBLIC is asked for
    gone: str  # matches what may stand nowhere any more, but in KEPT

    @property
    def taken_out(self) -> tuple[tuple[Things, Edit], ...]:
        """What is taken out, and how."""
        return (
            (self.imports, without_import),
            (self.lines, without_line),
            (self.every, without_lines),
            (self.parts, without_part),
            (self.paths, public),
        )

    @property
    def named(self) -> set[str]:
        """The files that are deleted or edited."""
        return {*self.files, *(file for things, _ in self.taken_out for file in things)}


LEAVES = [
    Leaf(
        row="log lines and request IDs",
        files=["messages_api/logs.py", "tests/test_logs.py"],
        imports={FACTORY: ["logs"], GUNICORN: ["logs"]},
        lines={
            FACTORY: ["    logs.init_app(app, environ)"],
            GUNICORN: [
                '    logconfig_dict = logs.configuration(environ, default="json")',
                "    worker.log.access = lambda *_: None  # logs.py has a line for each request, and"
                " says more",
            ],
            PYPROJECT: ['    "python-json-logger",'],
        },
        every={OPENAPI: ["X-Request-ID"]},
        parts={
            "messages_api/cors.py": [', "X-Request-ID"'],
            "tests/test_cors.py": [", X-Request-ID"],
            "SECURITY.md": [", `tests/test_logs.py`"],
        },
        gone=r"X-Request-ID|\blogs\.\w|json.?logger|LOG_FORMAT|logconfig|test_logs\.py",
    ),
    Leaf(
        row="health endpoints",
        files=["messages_api/health.py", "tests/test_health.py"],
        imports={FACTORY: ["health"], GUNICORN: ["health"]},
        lines={
            FACTORY: ["    health.init_app(app)"],
            GUNICORN: [
                "    health.ready_while(worker.wsgi, lambda: worker.alive)  # not ready once it has"
                " to end"
            ],
            OPENAPI: ["  /healthz:", "  /readyz:"],
        },
        paths={
            "Dockerfile": ["/healthz"],
            "kubernetes.yaml": ["/healthz", "/readyz"],
            CI: ["/healthz"],
        },
        gone=r"\bhealth\.\w|healthz|readyz|test_health\.py",
    ),
    Leaf(
        row="headers for browsers",
        files=["messages_api/headers.py", "tests/test_headers.py"],
        imports={FACTORY: ["headers"]},
        lines={FACTORY: ["    headers.init_app(app)"]},
        gone=r"\bheaders\.init_app|test_headers\.py",
    ),
    Leaf(
        row="CORS",
        files=["messages_api/cors.py", "tests/test_cors.py"],
        imports={FACTORY: ["cors"]},
        lines={
            FACTORY: ["    cors.init_app(app)"],
            CONFIG: [
                '    "CORS_ORIGINS": "",',
                r'_ORIGIN = re.compile(rf"https?://(?P<host>{_LABEL}(?:\.{_LABEL})*){_PORT}")',
                '        "CORS_ORIGINS": clean_origins(answers["CORS_ORIGINS"]),',
                "def clean_origins(answer: str) -> list[str]:",
            ],
            "kubernetes.yaml": ['  CORS_ORIGINS: ""'],
            PYPROJECT: ['    "flask-cors",', '    "types-flask-cors",'],
        },
        parts={
            CONFIG: [" | list[str]"],
            ".env.example": [
                "# Single-page apps that may call the API, separated by commas; empty for none.\n"
                "#CORS_ORIGINS=http://localhost:3000\n\n"
            ],
        },
        gone=r"CORS_ORIGINS|clean_origins|_ORIGIN\b|\bcors\.\w|flask.cors|test_cors\.py",
    ),
    Leaf(
        row="the page",
        files=[
            "messages_api/docs.py",
            OPENAPI,
            "messages_api/page/index.html",
            "messages_api/page/page.css",
            "messages_api/page/page.js",
            "messages_api/openapi.py",
            "tests/app/test_docs.py",
            "tests/app/test_openapi.py",
            "tests/app/test_openapi_file.py",
        ],
        imports={FACTORY: ["docs"], SHELL_OF_THE_TENANT: ["CLIENT_ID"]},
        lines={
            FACTORY: ["    docs.init_app(app)"],
            CONFIG: [
                '        "API_DOCS": clean_docs(environ.get("API_DOCS", "")),',
                '        "AUTH0_CLIENT_ID": clean_client_id(environ.get("AUTH0_CLIENT_ID", "")),',
                "def clean_docs(answer: str) -> str:",
                "def clean_client_id(answer: str) -> str:",
            ],
            SHELL_OF_THE_TENANT: ['            "AUTH0_CLIENT_ID": CLIENT_ID,'],
            ".env.example": [
                "# The page at /docs/, which is off unless this is 1.",
                "#API_DOCS=1",
                "# The client ID of the single-page application by which /docs/ logs in.",
                "#AUTH0_CLIENT_ID=",
            ],
            TENANT_FILE: ['  - name: "Messages API (docs page)"'],
            PYPROJECT: [
                '    "flask-swagger-ui",',
                '    "pyyaml",',
                '    "openapi-spec-validator",',
                '    "types-pyyaml",',
            ],
        },
        gone=r"openapi|swagger|API_DOCS|AUTH0_CLIENT_ID|test_docs\.py",
    ),
    Leaf(
        row="the tenant file",
        files=[TENANT_FILE, "auth0/config.json", "auth0/README.md", "tests/test_tenant_file.py"],
        lines={
            "Makefile": [
                ".PHONY: tenant",
                "tenant: ## Put auth0/tenant.yaml into your Auth0 tenant, once you have seen what that"
                " changes",
            ],
        },
        gone=r"A0DEPLOY|auth0-deploy|\bauth0/(config|tenant|README)|test_tenant_file\.py",
    ),
    Leaf(
        row="the commands",
        files=["messages_api/cli", "tests/test_cli_check.py", "tests/test_cli_explain.py"],
        imports={FACTORY: ["cli"]},
        lines={
            FACTORY: ["    cli.init_app(app)"],
            ".env.example": [
                "# A machine-to-machine application, for 'flask auth0 check' alone.",
                "#AUTH0_CHECK_CLIENT_ID=",
                "#AUTH0_CHECK_CLIENT_SECRET=",
            ],
        },
        gone=r"\bcli\.\w|flask auth0|AUTH0_CHECK|test_cli_",
    ),
    Leaf(
        row="the stand-in tenant",
        files=["local_auth0/"],
        listing="grep -lwe local_auth0 -e conftest tests/*.py tests/*/*.py",
        lines={
            "Makefile": [
                ".PHONY: dev token",
                "SCOPE ?=",
                "PERMISSIONS ?=",
                "dev: $(READY) ## Run the API beside a stand-in tenant, reloading as files change",
                "token: $(READY) ## Print a token of the stand-in tenant: make token"
                ' SCOPE="read:messages"',
            ],
            PYPROJECT: [
                '    "cryptography",',
                '    "hypothesis",',
                '    "trustme",',
                '"local_auth0/*" = ["S101", "S603"] # asserts narrow types; it runs the command that'
                " it is given",
                "fail_under = 100",
            ],
            ".gitignore": [".local_auth0*/"],
        },
        parts={
            PYPROJECT: [
                '[tool.ruff.lint.isort]\nknown-local-folder = ["local_auth0"] # sorted last whatever'
                " the package's name\n\n",
                '"local_auth0", ',
            ],
            CONFIG: [
                """, or try"\n            " the API beside a stand-in tenant with 'make dev'"""
            ],
            "tests/test_settings.py": [
                ""","\n        " or try the API beside a stand-in tenant with 'make dev'"""
            ],
        },
        gone=r"local_auth0|stand-in|trustme|make dev|make -s token|fail_under",
    ),
    Leaf(
        row="Kubernetes",
        deployments=["kubernetes"],
        files=["kubernetes.yaml"],
        lines={
            DEPENDABOT: [
                "    exclude-paths: [kubernetes.yaml] # the image that it names is this one"
            ]
        },
        gone=r"kubernetes\.yaml",
    ),
    Leaf(
        row="container image",
        deployments=["docker", "kubernetes"],
        files=["Dockerfile", ".dockerignore"],
        lines={CI: ["  image:"], DEPENDABOT: ["  - package-ecosystem: docker"]},
        gone=r"\bdocker\b",
    ),
]
"""From the top of the table: what one row takes out, no row below it takes out as well."""

STAND_IN = next(leaf for leaf in LEAVES if leaf.row == "the stand-in tenant")
"""The one without which the tests that are left cannot cover every branch."""


def delete(leaf: Leaf, project: Path) -> None:
    """Do to the project what the row of the leaf says.

    Raises:
        ValueError: what is to be taken out of a file is not there, or more than once.
    """
    for file in (*leaf.files, *listed(leaf.listing, project)):
        path = project / file
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for things, edit in leaf.taken_out:
        for file in things:
            if file in BY_DEPLOYMENT and not (project / file).exists():
                continue
            for thing in things[file]:
                text = (project / file).read_text(encoding="utf-8")
                (project / file).write_text(edit(text, thing), encoding="utf-8")


def listed(command: str, project: Path) -> list[str]:
    """Return the files that a command lists, if there is one. Skips where there is no sh."""
    if not command:
        return []
    if shutil.which("sh") is None:
        pytest.skip(f"there is no sh here, and {command!r} is for one")
    return subprocess.check_output(["sh", "-c", command], cwd=project, text=True).split()
