"""A rendered project that a test edits like a user, with `make lint` and `make test`."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environ import user_environ
from .environments import PROJECT_LOCKS, UV, Environments
from .paths import TEMPLATE
from .processes import check_output, run_command

_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/[\w/]+\.py)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class CheckResults:
    """The finished `make lint` and `make test`."""

    lint: "subprocess.CompletedProcess[str]"
    test: "subprocess.CompletedProcess[str]"

    @property
    def failures(self) -> dict[str, str]:
        """The lines of pytest's summary by test file that fails."""
        lines: dict[str, str] = {}
        for file, line in _FAILED.findall(self.test.stdout):
            lines[file] = f"{lines.get(file, '')}{line}\n"
        return lines


class UserProject:
    """A project that shares its .venv with others until it installs more packages."""

    def __init__(self, path: Path, environments: Environments) -> None:
        self.path = path
        environments.set_up(path)
        self._environ = user_environ(
            COLUMNS="500",  # pytest truncates the lines of its summary
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
        """Install packages into the project's own .venv, which the first call creates."""
        venv = self.path / ".venv"
        python = ["--python", str(venv / "bin" / "python")]
        if venv.is_symlink():
            shared = venv.resolve() / "bin" / "python"
            venv.unlink()
            self._uv("venv", "--python", str(shared))
            self._uv("pip", "sync", *python, *PROJECT_LOCKS[1:])
            (venv / ".ready").touch()
        self._uv("pip", "install", *python, "-c", str(TEMPLATE / "requirements-dev.txt"), *packages)

    def _uv(self, *arguments: str) -> None:
        check_output([UV, "-q", *arguments], self.path, self._environ)

    def sort_imports(self) -> None:
        """Sort imports, as editors do."""
        ruff = str(self.path / ".venv" / "bin" / "ruff")
        check_output([ruff, "check", "-q", "--select", "I", "--fix"], self.path, self._environ)

    def check(self) -> CheckResults:
        """Run `make lint`, then `make test`, whose temporary files would disturb the linters."""
        lint, test = (
            run_command(["make", "-s", target], self.path, self._environ)
            for target in ("lint", "test")
        )
        return CheckResults(lint, test)
