"""Locking and installing never build a package, because a build runs code of the package."""

import hashlib
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.environments import PYTHON
from ..support.paths import PROJECT_FOLDER
from ..support.processes import run_command
from ..support.rendering import render_once

pytestmark = pytest.mark.slow

BUILD = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
NAME = "package-that-must-not-be-built"
METADATA = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n"


class UnbuildablePackage:
    """A package without a wheel. Its build would create the file `ran`."""

    def __init__(self, folder: Path) -> None:
        self.ran = folder / "ran"
        links = folder / "links"
        links.mkdir(parents=True)
        sdist = links / f"{NAME}-1.0.tar.gz"
        members = {
            "pyproject.toml": BUILD,
            "PKG-INFO": METADATA,
            "backend.py": f"open({str(self.ran)!r}, 'w').close()\n",
        }
        with tarfile.open(sdist, "w:gz") as archive:
            for name, text in members.items():
                member = tarfile.TarInfo(f"{NAME}-1.0/{name}")
                member.size = len(text)
                archive.addfile(member, BytesIO(text.encode()))
        self.lock = f"{NAME}==1.0 --hash=sha256:{hashlib.sha256(sdist.read_bytes()).hexdigest()}\n"
        self.environ = user_environ(UV_FIND_LINKS=str(links), PIP_FIND_LINKS=str(links))

    def make(self, project: Path, *arguments: str) -> str:
        """Run make, which must fail without a build of the package; return the output."""
        done = run_command(["make", f"PYTHON={PYTHON}", *arguments], project, self.environ)
        assert (done.returncode != 0, self.ran.exists()) == (True, False), done.stdout
        return done.stdout


@pytest.fixture
def unbuildable_package(tmp_path: Path) -> UnbuildablePackage:
    return UnbuildablePackage(tmp_path / "package")


@pytest.mark.parametrize("command", ["lock", "upgrade"])
def test_locking_builds_no_package(
    unbuildable_package: UnbuildablePackage, tmp_path: Path, command: str
) -> None:
    project = render_once(tmp_path / "out")
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/uv").symlink_to(Path(sys.executable).with_name("uv"))
    (project / ".venv/.ready").touch()
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace('"gunicorn"', f'"gunicorn", "{NAME}"'), encoding="utf-8")

    assert NAME in unbuildable_package.make(project, command, "EXCLUDE_NEWER=")


@pytest.mark.parametrize("lock", ["requirements-uv.txt", "requirements-dev.txt"])
def test_set_up_of_a_project_builds_no_package(
    unbuildable_package: UnbuildablePackage, tmp_path: Path, lock: str
) -> None:
    project = render_once(tmp_path / "out")
    (project / lock).write_text(unbuildable_package.lock, encoding="utf-8")

    assert NAME in unbuildable_package.make(project, ".venv/.ready")


@pytest.mark.parametrize("lock", [f"{PROJECT_FOLDER}/requirements-uv.txt", "requirements-dev.txt"])
def test_set_up_of_the_template_builds_no_package(
    unbuildable_package: UnbuildablePackage, template_clone: Path, lock: str
) -> None:
    (template_clone / ".venv").unlink()
    (template_clone / lock).write_text(unbuildable_package.lock, encoding="utf-8")

    assert NAME in unbuildable_package.make(template_clone, ".venv/.ready")
