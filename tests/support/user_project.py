"""A rendered project in the hands of a user, who edits it and runs its `make lint` and `make test`."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .environ import user_environ
from .paths import TEMPLATE
from .processes import ended, output_of

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")

_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/[\w/]+\.py)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How `make lint` and `make test` ended."""

    lint: "subprocess.CompletedProcess[str]"
    test: "subprocess.CompletedProcess[str]"

    @property
    def failures(self) -> dict[str, str]:
        """The test files that fail, and what pytest's summary says about each."""
        lines: dict[str, str] = {}
        for file, line in _FAILED.findall(self.test.stdout):
            lines[file] = f"{lines.get(file, '')}{line}\n"
        return lines


class UserProject:
    """A project that uses the .venv of another one until it needs its own."""

    def __init__(self, path: Path, ready_project: Path) -> None:
        self.path, self._ready = path, ready_project
        (path / ".venv").symlink_to(ready_project / ".venv")
        self._environ = user_environ(
            COLUMNS="500",  # pytest shortens its summary to that
            MYPY_CACHE_DIR=str(ready_project / ".mypy_cache"),
            UV_SYSTEM_CERTS="1",
        )
        for lock in LOCKS:  # older than any .venv, so that make keeps the .venv
            os.utime(path / lock, (0, 0))

    @property
    def package(self) -> Path:
        return self.path / "messages_api"

    @property
    def routes(self) -> Path:
        return self.package / "routes.py"

    @property
    def tests(self) -> Path:
        return self.path / "tests"

    def install(self, *packages: str) -> None:
        """Give the project a .venv of its own, with these packages too."""
        venv, tools = self.path / ".venv", self._ready / ".venv" / "bin"
        pins = ["-c", str(TEMPLATE / "requirements-dev.txt")]
        venv.unlink()
        for command in (
            ["venv", "--python", str(tools / "python"), str(venv)],
            ["pip", "sync", "--python", str(venv), *LOCKS[1:]],
            ["pip", "install", "--python", str(venv), *pins, *packages],
        ):
            output_of([str(tools / "uv"), "-q", *command], self.path, self._environ)
        (venv / ".ready").touch()

    def sort_imports(self) -> None:
        """Sort imports, as editors do."""
        ruff = str(self.path / ".venv" / "bin" / "ruff")
        output_of([ruff, "check", "-q", "--select", "I", "--fix"], self.path, self._environ)

    def check(self) -> Outcome:
        """Run `make lint` and `make test`, at the same time."""
        with ThreadPoolExecutor() as pool:
            commands = [["make", "-s", target] for target in ("lint", "test")]
            lint, test = pool.map(lambda each: ended(each, self.path, self._environ), commands)
        return Outcome(lint, test)
