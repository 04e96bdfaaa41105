"""A rendered project in the hands of a user, who edits it and runs its `make lint` and `make test`."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environ import user_environ
from .environments import LOCKS, UV, Environments
from .paths import TEMPLATE
from .processes import check_output, run_command

_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/[\w/]+\.py)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class CheckResults:
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
    """A project that shares a .venv with others until it needs its own."""

    def __init__(self, path: Path, environments: Environments) -> None:
        self.path = path
        environments.set_up(path)
        self._environ = user_environ(
            COLUMNS="500",  # pytest shortens its summary to that
            UV_SYSTEM_CERTS="1",
        )

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
        """Install packages into a .venv of the project's own, which the first call creates."""
        venv = self.path / ".venv"
        python = ["--python", str(venv / "bin" / "python")]
        if venv.is_symlink():
            shared = venv.resolve() / "bin" / "python"
            venv.unlink()
            self._uv("venv", "--python", str(shared))
            self._uv("pip", "sync", *python, *LOCKS[1:])
            (venv / ".ready").touch()
        self._uv("pip", "install", *python, "-c", str(TEMPLATE / "requirements-dev.txt"), *packages)

    def _uv(self, *arguments: str) -> None:
        check_output([UV, "-q", *arguments], self.path, self._environ)

    def sort_imports(self) -> None:
        """Sort imports, as editors do."""
        ruff = str(self.path / ".venv" / "bin" / "ruff")
        check_output([ruff, "check", "-q", "--select", "I", "--fix"], self.path, self._environ)

    def check(self) -> CheckResults:
        """Run `make lint` and then `make test`, whose bytecode files come and go."""
        lint, test = (
            run_command(["make", "-s", target], self.path, self._environ)
            for target in ("lint", "test")
        )
        return CheckResults(lint, test)
