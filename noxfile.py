"""Every Python that pyproject.toml names: the template's own tests under it, and what is rendered.

A Python that is not there is an error. `make test-all` runs it all; `nox -s template-3.12`, one part.
"""

import nox
from nox.project import load_toml, python_versions

PYTHONS = python_versions(load_toml("pyproject.toml"))

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "no"


@nox.session(python=PYTHONS)
def template(session: nox.Session) -> None:
    """Run all tests under this Python that are not slow."""
    _test(session, "-m", "not slow")


@nox.session(python=PYTHONS)
def render(session: nox.Session) -> None:
    """Set up, lint, type, test and commit every combination of the options with this Python."""
    _test(session, "tests/rendering/test_matrix.py", "--every", f"--python={session.python}")


def _test(session: nox.Session, *arguments: str) -> None:
    session.install("--require-hashes", "-r", "requirements-dev.txt")
    session.run("pytest", "-q", "-n", "2", *arguments, *session.posargs)
