"""A rendered project as a wheel: it contains the package with its data files, and works."""

import json
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..support.environ import user_environ
from ..support.environments import Environments
from ..support.processes import check_output
from ..support.rendering import Bake

pytestmark = pytest.mark.slow

UV = str(Path(sys.prefix, "bin/uv"))

CALL_EVERYTHING = """
import importlib, json, sys
package = importlib.import_module(sys.argv[1])
settings = {"AUTH0_DOMAIN": "tenant.example.com", "API_DOCS": "1", "PUBLIC_URL": "https://a.test"}
client = package.create_app(settings).test_client()
paths = ["/api/public", "/openapi.json", "/docs/", "/docs/page.css"]
print(json.dumps([package.__file__, {path: client.get(path).status_code for path in paths}]))
"""


@pytest.mark.parametrize("features", ["yes", "no"], ids=["all features", "no features"])
def test_wheel_contains_the_package_and_its_data(
    bake: Bake, environments: Environments, tmp_path: Path, features: str
) -> None:
    names = ("api_docs", "diagnostics", "tenant_file", "dpop")
    project = bake(project_slug="our-api", **dict.fromkeys(names, features))
    add_html_template(project)
    environments.set_up(project)
    environ = user_environ()

    check_output(
        [UV, "build", "--wheel", "--out-dir", str(tmp_path), str(project)], tmp_path, environ
    )
    (wheel,) = tmp_path.glob("*.whl")
    python = install_wheel(wheel, project, tmp_path / "installed")
    output = check_output([python, "-c", CALL_EVERYTHING, "our_api"], tmp_path, environ)
    file, statuses = json.loads(output.splitlines()[-1])  # after the log

    assert {name.split("/")[0] for name in ZipFile(wheel).namelist()} == {
        "our_api",
        "our_api-0.1.0.dist-info",
    }
    assert package_files(ZipFile(wheel)) == {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in (project / "our_api").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert Path(file).is_relative_to(tmp_path / "installed")
    docs = 200 if features == "yes" else 404
    assert statuses == {
        "/api/public": 200,
        "/openapi.json": docs,
        "/docs/": docs,
        "/docs/page.css": docs,
    }


def add_html_template(project: Path) -> None:
    """Add a user's file to a folder that is not a package."""
    (project / "our_api/templates").mkdir()
    (project / "our_api/templates/greeting.html").write_text("Hello!\n")


def install_wheel(wheel: Path, project: Path, folder: Path) -> str:
    """Install a wheel, alongside the packages of the project's .venv; return the Python."""
    python = str(folder / "bin/python")
    check_output([UV, "venv", "-q", str(folder)], folder.parent, user_environ())
    check_output(
        [UV, "pip", "install", "-q", "--no-deps", "--python", python, str(wheel)],
        folder.parent,
        user_environ(),
    )
    (packages,) = folder.glob("lib/*/site-packages")
    (locked,) = project.glob(".venv/lib/*/site-packages")
    (packages / "locked.pth").write_text(str(locked.resolve()))
    return python


def package_files(wheel: ZipFile) -> dict[str, bytes]:
    """Return the files of the package by their paths."""
    return {name: wheel.read(name) for name in wheel.namelist() if ".dist-info" not in name}
