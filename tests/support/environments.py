"""The virtual environments of rendered projects: projects with the same locks share one."""

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from .environ import user_environ
from .file_lock import file_lock
from .processes import check_output, run_command

PROJECT_LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")

UV = str(Path(sys.executable).with_name("uv"))
PYTHON = str(Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info)))
"""The Python that runs the tests, outside of the virtual environment."""


class Environments:
    """Sets projects up. Projects with the same locks and Python share one .venv.

    uv creates it with the arguments of the project's Makefile. By make, all tests would first wait
    until pip has installed uv.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the environments in a folder, which several processes may share."""
        self._folder = folder
        self._folder.mkdir(exist_ok=True)

    def set_up(self, project: Path, python: str = PYTHON) -> None:
        """Link the project to a shared .venv, which must not be changed, and copy mypy's cache."""
        model = self._model(project, python)
        (project / ".venv").symlink_to(model / ".venv")
        shutil.copytree(model / ".mypy_cache", project / ".mypy_cache")
        for lock in PROJECT_LOCKS:  # make keeps a .venv that is newer than the locks
            os.utime(project / lock, (0, 0))

    def _model(self, project: Path, python: str) -> Path:
        """Return a project with these locks and its own .venv, which others link to."""
        locks = b"".join((project / lock).read_bytes() for lock in PROJECT_LOCKS)
        model = self._folder / sha256(python.encode() + locks).hexdigest()
        with file_lock(model.with_suffix(".lock")):
            if not (model / ".mypy_cache").exists():
                shutil.copytree(project, model, dirs_exist_ok=True)
                self._create_venv(model, python)
                self._fill_mypy_cache(model)
        return model

    def _create_venv(self, model: Path, python: str) -> None:
        create = ["venv", "--python", python, ".venv"]
        sync = ["pip", "sync", "--python", ".venv", "--no-build", "--require-hashes"]
        for command in (create, [*sync, *PROJECT_LOCKS[1:]]):
            check_output([UV, "-q", *command], model, user_environ(UV_SYSTEM_CERTS="1"))
        (model / ".venv/.ready").touch()

    def _fill_mypy_cache(self, model: Path) -> None:
        """Run mypy, starting from the cache of other environments: it takes a tenth of the time."""
        shared, own = self._folder / "mypy_cache", model / ".mypy_cache"
        with file_lock(shared.with_suffix(".lock")):
            if shared.exists():
                shutil.copytree(shared, own)
            run_command([".venv/bin/mypy"], model, user_environ())
            shutil.copytree(own, shared, dirs_exist_ok=True)
