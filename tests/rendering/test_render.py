"""Rendered files: they parse, contain no Jinja, and depend only on the answers that they should."""

import ast
import datetime
import json
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path

import pytest
import yaml

from ..support.answers import PROMPTS, UNUSUAL_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.paths import IN_TEMPLATE, TEMPLATE
from ..support.rendering import Bake, read_text_files, render

pytestmark = pytest.mark.exhaustive

COMBINATIONS = list(product(PROMPTS["license"], PROMPTS["deployment"]))
BY_DEPLOYMENT = {"Dockerfile", ".dockerignore", "kubernetes.yaml"}
AUTHOR = "Ann Author"


@pytest.fixture(scope="module")
def rendered_files(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], dict[str, str]]:
    """The text of every file by path, for each combination of license and deployment."""
    folder = tmp_path_factory.mktemp("rendered")
    return {
        (license_, deployment): read_text_files(
            render(
                folder / f"{license_}-{deployment}",
                license=license_,
                deployment=deployment,
                author=AUTHOR,
            )
        )
        for license_, deployment in COMBINATIONS
    }


@pytest.fixture(scope="module", params=COMBINATIONS, ids="-".join)
def files(
    request: pytest.FixtureRequest, rendered_files: dict[tuple[str, str], dict[str, str]]
) -> dict[str, str]:
    """The text of every file by path, for one combination."""
    return rendered_files[request.param]


def test_rendered_files_contain_no_jinja(files: dict[str, str]) -> None:
    left = [
        f"{path}: {mark}"
        for path, text in files.items()
        if path != "local_auth0/login.html"  # a Jinja template, rendered by the stand-in tenant
        for mark in re.findall(
            r"(?<!\$)\{\{.*" if path.startswith(".github/workflows/") else r"\{\{.*", text
        )
        + re.findall(r"\{%.*|\{#.*", text)
    ]
    assert left == []
    assert [path for path in files if set(path) & set("{}")] == []


def test_every_file_parses(files: dict[str, str]) -> None:
    parsed = dict.fromkeys((".json", ".py", ".toml", ".yaml", ".yml"), 0)
    for path, text in files.items():
        match Path(path).suffix:
            case ".py":
                ast.parse(text, path)
            case ".toml":
                tomllib.loads(text)
            case ".yaml" | ".yml":
                list(yaml.safe_load_all(text))
            case ".json":
                json.loads(text)
            case _:
                continue
        parsed[Path(path).suffix] += 1
    assert parsed[".py"] > 10
    assert parsed[".toml"] == 1
    assert parsed[".yml"] > 0


@pytest.mark.parametrize(
    ("license_", "first_line", "copyright_line"),
    [
        ("MIT", "MIT License", "Copyright (c) {} Ann Author\n"),
        ("Apache-2.0", "Apache License", "\n   Copyright {} Ann Author\n"),
        ("Proprietary", "Copyright (c)", "Copyright (c) {} Ann Author. All rights reserved.\n"),
    ],
    ids=PROMPTS["license"],
)
def test_license_file_matches_the_answer(
    rendered_files: dict[tuple[str, str], dict[str, str]],
    license_: str,
    first_line: str,
    copyright_line: str,
) -> None:
    year = datetime.datetime.now(datetime.UTC).year
    for deployment in PROMPTS["deployment"]:
        text = rendered_files[license_, deployment]["LICENSE"]
        assert text.lstrip().startswith(first_line)
        assert copyright_line.format(year) in text


def test_license_changes_no_other_file(
    rendered_files: dict[tuple[str, str], dict[str, str]],
) -> None:
    for deployment in PROMPTS["deployment"]:
        first, *others = (rendered_files[license_, deployment] for license_ in PROMPTS["license"])
        for other in others:
            assert {
                path for path in first.keys() | other if first.get(path) != other.get(path)
            } <= {
                "LICENSE",
                "README.md",
            }
            assert first.keys() == other.keys()


def test_deployment_changes_only_its_own_files_and_documents(
    rendered_files: dict[tuple[str, str], dict[str, str]],
) -> None:
    docker, kubernetes, none = (rendered_files["MIT", name] for name in PROMPTS["deployment"])
    assert docker.keys() - none.keys() <= BY_DEPLOYMENT
    assert kubernetes.keys() - docker.keys() <= BY_DEPLOYMENT
    assert none.keys() <= docker.keys() <= kubernetes.keys()
    for other in (docker, kubernetes):
        assert {path for path in none if none[path] != other[path]} <= {
            ".github/dependabot.yml",
            "README.md",
            "SECURITY.md",
            "docs/operations.md",
        }


def test_rendering_is_deterministic(tmp_path: Path) -> None:
    one, other = render(tmp_path / "one"), render(tmp_path / "other")
    paths = sorted(path.relative_to(one) for path in one.rglob("*"))
    assert paths == sorted(path.relative_to(other) for path in other.rglob("*"))
    for path in paths:
        if (one / path).is_file():
            assert (one / path).read_bytes() == (other / path).read_bytes(), path


def test_only_four_python_files_contain_jinja() -> None:
    """Except for the package's name, which any file may contain."""
    sources = {
        path.relative_to(IN_TEMPLATE).as_posix(): path.read_text(encoding="utf-8")
        for path in IN_TEMPLATE.rglob("*.py*")
        if path.suffix in (".py", ".py{% endif %}")
    }
    name = "{{ cookiecutter.__package }}"

    holding = {
        path for path, text in sources.items() if re.search(r"\{[{%#]", text.replace(name, ""))
    }

    package = "{{cookiecutter.__package}}"
    assert holding == {
        f"{package}/__init__.py",
        f"{package}/auth/__init__.py",
        f"{package}/config.py",
        "gunicorn.conf.py",
        "local_auth0/__main__.py",
    }


def test_no_rendered_file_is_ignored_by_git(bake: Bake) -> None:
    project = bake()
    subprocess.run(["git", "init", "-q"], cwd=project, env=user_environ(), check=True)
    ignored = subprocess.run(
        ["git", "-c", "core.excludesFile=", "status", "--porcelain", "--ignored", "-uall"],
        cwd=project,
        env=user_environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    marks = [line[:2] for line in ignored.stdout.splitlines()]
    assert set(marks) == {"??"}, ignored.stdout


def test_stand_in_tenant_stays_small() -> None:
    sources = (IN_TEMPLATE / "local_auth0").glob("*.py*")
    lines = [line for path in sources for line in path.read_text().splitlines() if line.strip()]
    assert 0 < len(lines) <= 430


@pytest.mark.parametrize("answers", UNUSUAL_ANSWERS.values(), ids=UNUSUAL_ANSWERS)
def test_unusual_answers_are_rendered_verbatim(bake: Bake, answers: dict[str, str]) -> None:
    project = bake(**as_jinja(answers))

    package = project.name.replace("-", "_")
    config = ast.parse((project / package / "config.py").read_text(encoding="utf-8"))
    (defaults,) = (
        ast.literal_eval(node.value)
        for node in config.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DEFAULTS"
    )
    pyproject = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    author = answers.get("author", "Your Name")
    assert project.name == answers["project_slug"] == pyproject["name"]
    assert defaults["AUTH0_AUDIENCE"] == answers["auth0_audience"]
    assert pyproject["description"] == " ".join(answers["description"].split())
    assert pyproject["authors"] == [{"name": author}]
    assert author in (project / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.slow
def test_rendering_needs_no_network(tmp_path: Path) -> None:
    offline = ["unshare", "--user", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*offline, "true"], check=False).returncode:
        pytest.skip("this system cannot run a process without a network (unshare -rn)")

    rendering = [sys.executable, "-m", "cookiecutter", "--no-input", str(TEMPLATE)]
    subprocess.run(
        [*offline, *rendering],
        cwd=tmp_path,
        env=user_environ(HOME=str(tmp_path / "home")),
        timeout=60,
        check=True,
    )

    assert (tmp_path / "messages-api/pyproject.toml").exists()
