"""Extras are leaves: whoever owns a rendered project is rid of one by its row in the README.

What a row says stands here once more, as data that a test carries out. The row has to name every
file and every thing that the data takes out, and nothing else.
"""

import http.client
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .conftest import Bake, render
from .environ import user_environ
from .processes import end_group, free_ports, run_all, running
from .test_render import BY_DEPLOYMENT, PROMPTS, text_of

FACTORY, GUNICORN, PYPROJECT = "messages_api/__init__.py", "gunicorn.conf.py", "pyproject.toml"
CONFIG, OPENAPI = "messages_api/config.py", "messages_api/openapi.yaml"
STAND_IN, TENANT_FILE = "local_auth0/__main__.py", "auth0/tenant.yaml"
CI, DEPENDABOT = ".github/workflows/ci.yml", ".github/dependabot.yml"

Things = Mapping[str, Sequence[str]]
"""What is taken out, by the file that it stands in."""

Edit = Callable[[str, str], str]
"""Take a thing out of a text. Raises ValueError if it is not there."""


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """An extra, and all that is to be done by whoever does not want it."""

    row: str  # the first cell of it
    deployments: Sequence[str] = tuple(PROMPTS["deployment"])  # that render it
    files: Sequence[str]  # or folders
    imports: Things = field(default_factory=dict)  # names
    lines: Things = field(default_factory=dict)  # each goes with what is indented below it
    parts: Things = field(default_factory=dict)  # of a line
    paths: Things = field(default_factory=dict)  # of an URL, in place of which PUBLIC is asked for
    gone: str  # matches what may stand nowhere any more, but in KEPT

    @property
    def taken_out(self) -> tuple[tuple[Things, Edit], ...]:
        """What is taken out, and how."""
        return (
            (self.imports, without_import),
            (self.lines, without_line),
            (self.parts, without_part),
            (self.paths, public),
        )

    @property
    def named(self) -> set[str]:
        """The files that are deleted or edited."""
        return {*self.files, *(file for things, _ in self.taken_out for file in things)}


PUBLIC = "/api/public"

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
        parts={"SECURITY.md": [", `tests/test_logs.py`"]},
        gone=r"\blogs\.\w|json.?logger|LOG_FORMAT|logconfig|test_logs\.py",
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
        row="the page",
        files=[
            "messages_api/docs.py",
            OPENAPI,
            "messages_api/page/index.html",
            "messages_api/page/page.css",
            "messages_api/page/page.js",
            "tests/test_docs.py",
        ],
        imports={FACTORY: ["docs"], STAND_IN: ["CLIENT_ID"]},
        lines={
            FACTORY: ["    docs.init_app(app)"],
            CONFIG: [
                '        "API_DOCS": clean_docs(environ.get("API_DOCS", "")),',
                '        "AUTH0_CLIENT_ID": clean_client_id(environ.get("AUTH0_CLIENT_ID", "")),',
                "def clean_docs(answer: str) -> str:",
                "def clean_client_id(answer: str) -> str:",
            ],
            STAND_IN: ['            "AUTH0_CLIENT_ID": CLIENT_ID,'],
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

KEPT = {"README.md", "docs/operations.md", "requirements.txt", "requirements-dev.txt"}
"""Their owner edits the documents as the README says, and `make lock` writes the locks."""

ROWS = [
    pytest.param(leaf, deployment, id=f"{leaf.row}-{deployment}")
    for leaf in LEAVES
    for deployment in leaf.deployments
]

LINTED = (
    ["ruff", "check"],
    ["ruff", "format", "--check"],
    ["zizmor", "--offline", "--quiet", ".github"],
)
SLOW = ("hostile", "jwks", "keys", "local_auth0", "properties", "tokens")
"""The project's tests that take most of the time, and hardly look at an answer of the app."""

TESTED = (["mypy"], ["pytest", "-q", *(f"--ignore=tests/test_{name}.py" for name in SLOW)])


def delete(leaf: Leaf, project: Path) -> None:
    """Do to the project what the row of the leaf says.

    Raises:
        ValueError: what is to be taken out of a file is not there, or more than once.
    """
    for file in leaf.files:
        path = project / file
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for things, edit in leaf.taken_out:
        for file in things:
            if file in BY_DEPLOYMENT and not (project / file).exists():
                continue
            for thing in things[file]:
                text = (project / file).read_text(encoding="utf-8")
                (project / file).write_text(edit(text, thing), encoding="utf-8")


def without_import(text: str, name: str) -> str:
    """Take a name out of the line that imports it, or the line out, if it imports nothing else."""
    lines = text.splitlines()
    there = [line for line in lines if re.match(rf"from .* import (.*, )?{name}(,|$)", line)]
    at = lines.index(the_only(there, name))
    start, _, names = lines[at].partition(" import ")
    others = [other for other in names.split(", ") if other != name]
    lines[at : at + 1] = [f"{start} import {', '.join(others)}"] if others else []
    return as_text(lines)


def without_line(text: str, line: str) -> str:
    """Take out a line with what is indented below it, and the blank lines that were around both."""
    lines = text.splitlines()
    at = lines.index(the_only([other for other in lines if other == line], line))
    end = at + 1
    for number in range(at + 1, len(lines)):
        if lines[number] and depth(lines[number]) <= depth(line):
            break
        if lines[number]:
            end = number + 1
    while lines[at - 1 : at] == lines[end : end + 1] == [""]:
        end += 1
    return as_text(lines[:at] + lines[end:])


def without_part(text: str, part: str) -> str:
    start, there, end = text.partition(part)
    if not there or part in end:
        raise ValueError(f"{part!r} is there {text.count(part)} times, expected once")
    return start + end


def public(text: str, path: str) -> str:
    """Ask for what everyone may see instead of a path."""
    if path not in text:
        raise ValueError(f"{path} is not there")
    return text.replace(path, PUBLIC)


def the_only(lines: Sequence[str], thing: str) -> str:
    if len(lines) != 1:
        raise ValueError(f"{thing!r} is there {len(lines)} times, expected once")
    return lines[0]


def depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def as_text(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def table(project: Path) -> dict[str, set[str]]:
    """The README's table of what can be deleted: what stands in each row as code, by first cell."""
    readme = (project / "README.md").read_text(encoding="utf-8")
    _, section = readme.split("\n## What you can delete\n")
    _, *rows = re.findall(r"^\| (.+?) \| (.+) \|$", section.partition("\n## ")[0], re.MULTILINE)
    return {first: set(re.findall(r"`(.+?)`", others)) for first, others in rows}


def status_under_gunicorn(project: Path, tools: Path) -> int:
    """Start the API as in production, and return the status of its first answer."""
    (port,) = free_ports(1)
    environ = user_environ(AUTH0_DOMAIN="localhost:1", PORT=str(port), WEB_CONCURRENCY="1")
    deadline = time.monotonic() + 30
    with running([str(tools / "gunicorn")], project, environ) as server:
        while server.poll() is None and time.monotonic() < deadline:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as api:
                try:
                    api.request("GET", PUBLIC)
                    return api.getresponse().status
                except ConnectionError:
                    time.sleep(0.05)
        end_group(server)
        pytest.fail(server.communicate()[0].decode())


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project for each deployment. Not to be edited."""
    folder = tmp_path_factory.mktemp("leaves")
    return {name: render(folder / name, deployment=name) for name in PROMPTS["deployment"]}


@pytest.mark.parametrize("deployment", PROMPTS["deployment"])
def test_every_extra_that_is_there_has_a_row(projects: dict[str, Path], deployment: str) -> None:
    expected = [leaf.row for leaf in LEAVES if deployment in leaf.deployments]

    assert list(table(projects[deployment])) == expected


@pytest.mark.parametrize(("leaf", "deployment"), ROWS)
def test_a_row_names_what_is_to_be_deleted_and_nothing_else(
    projects: dict[str, Path], leaf: Leaf, deployment: str
) -> None:
    project = projects[deployment]
    said = table(project)[leaf.row]

    files = {file for file in leaf.named if (project / file).exists()}
    things = [
        thing
        for taken_out, _ in leaf.taken_out
        for file in taken_out.keys() & files
        for thing in taken_out[file]
    ]
    words = said - files - {PUBLIC, "make lock"}
    assert files <= said
    assert [thing for thing in things if not any(stands(word, thing) for word in words)] == []
    assert [word for word in words if not any(stands(word, thing) for thing in things)] == []
    assert (PUBLIC in said) == bool(leaf.paths)
    assert ("make lock" in said) == (PYPROJECT in files)


def stands(word: str, thing: str) -> bool:
    """Whether a word of a row stands, whole, in what is taken out."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", thing) is not None


@pytest.mark.parametrize(("leaf", "deployment"), ROWS)
def test_what_is_deleted_is_named_nowhere_any_more(bake: Bake, leaf: Leaf, deployment: str) -> None:
    project = bake(deployment=deployment)

    delete(leaf, project)

    left = {
        path: found[0]
        for path, text in text_of(project).items()
        if path not in KEPT and (found := re.search(leaf.gone, text))
    }
    assert left == {}


@pytest.mark.parametrize(
    ("edit", "thing"),
    [
        (without_import, "logs"),
        (without_line, "logs.init_app()"),
        (without_part, "tests/test_logs.py"),
        (public, "/healthz"),
    ],
)
@pytest.mark.parametrize("text", ["", "from . import blogs\n    logs.init_app()\n/healthy\n"])
def test_what_is_not_there_cannot_be_taken_out(edit: Edit, thing: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"is there 0 times|is not there"):
        edit(text, thing)


@pytest.mark.slow
@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.row)
def test_without_an_extra_the_project_is_sound(bake: Bake, ready_project: Path, leaf: Leaf) -> None:
    project, tools = bake(deployment="kubernetes"), ready_project / ".venv/bin"

    delete(leaf, project)

    of_python = any(file.endswith(".py") for file in leaf.named)
    run_all([*LINTED, *(TESTED if of_python else ())], project, tools)
    assert status_under_gunicorn(project, tools) == 200


@pytest.mark.slow
def test_the_bare_api_is_sound(bake: Bake, ready_project: Path) -> None:
    project, tools = bake(deployment="kubernetes"), ready_project / ".venv/bin"

    for leaf in LEAVES:
        delete(leaf, project)

    with_coverage = ["coverage", "run", "-m", "pytest", "-q"]
    run_all([*LINTED, ["mypy"], with_coverage], project, tools)
    run_all([["coverage", "report"]], project, tools)
    assert status_under_gunicorn(project, tools) == 200
