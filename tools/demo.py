"""The demo: renders the defaults, starts the API with the stand-in tenant, calls every endpoint.

`make demo` runs it. It prints the status of each response and exits with 0 if all are as expected.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

import requests

from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import free_ports, running

BUILD = TEMPLATE / "build"
DEMO_PROJECT = BUILD / "messages-api"
VENV = DEMO_PROJECT / ".venv"
PYTHON = Path(sys.executable).resolve()
"""The Python on which the demo's .venv is based. It usually has pip, which makes set-up faster."""

LOG = BUILD / "demo.log"

ENDPOINTS = ("/api/public", "/api/private", "/api/private-scoped")

EXPECTED_STATUSES = {
    "no token": (200, 401, 401),
    "valid, without a scope": (200, 200, 403),
    "valid, read:messages": (200, 200, 200),
    "valid, write:messages": (200, 200, 403),
    "expired": (200, 401, 401),
    "for another audience": (200, 401, 401),
    "tampered with": (200, 401, 401),
}
"""By token: the expected status of each endpoint. The public one reads no token."""

TOKEN_OPTIONS = {
    "valid, without a scope": ("token",),
    "valid, read:messages": ("token", "--scope", "read:messages"),
    "valid, write:messages": ("token", "--scope", "write:messages"),
    "expired": ("--claims", '{"exp": 0}', "token", "--scope", "read:messages"),
    "for another audience": (
        "--claims",
        '{"aud": "https://another/api"}',
        "token",
        "--scope",
        "read:messages",
    ),
}

NEXT = """\
Every response is as expected. Next:
  cd build/messages-api   (the next demo renders it again)
  make dev                runs the API with the stand-in tenant and prints how to call it
  make test               runs its tests"""

MINT = """\
import json
import sys

from local_auth0.__main__ import main

for options in json.loads(sys.argv[1]):
    main(options, standalone_mode=False)
"""
"""Prints several tokens in one process."""

Statuses = Mapping[str, Sequence[int]]
"""By token: the status of each endpoint's response."""

_recorded_signals: list[int] = []


class DemoError(Exception):
    """A step that failed: what happened and what to do."""


def main() -> int:
    """Run the demo; return the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _record_signal)
    BUILD.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    try:
        statuses = _run_steps()
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; nothing is left running.", file=sys.stderr)
        return 128 + _recorded_signals[0]
    print(f"\n{format_statuses(statuses)}\n")
    if wrong := wrong_statuses(statuses):
        print("\n".join(("These responses are wrong:", *wrong)), file=sys.stderr)
        return 1
    print(NEXT)
    return 0


def _run_steps() -> Statuses:
    ports = dict(zip(("PORT", "LOCAL_AUTH0_PORT"), map(str, free_ports(2)), strict=True))
    url = f"http://127.0.0.1:{ports['PORT']}"
    environ = user_environ(**ports)
    with _step("Rendering the defaults into build/messages-api"):
        render_project()
    with _step("Setting up its .venv"):
        _set_up()
    serve = [".venv/bin/python", "-m", "local_auth0", "run", ".venv/bin/gunicorn"]
    with LOG.open("ab") as log, running(serve, DEMO_PROJECT, environ, stdout=log) as server:
        with _step("Starting the API under gunicorn with the stand-in tenant"):
            _wait_for_api(url, server)
        with _step("Calling every endpoint with every kind of token"):
            return call_every_endpoint(url, _mint_tokens(environ))


def call_every_endpoint(url: str, tokens: Mapping[str, str]) -> Statuses:
    """Call each endpoint of the API at `url` with each token and without one."""
    statuses = {}
    for name in EXPECTED_STATUSES:
        headers = {"Authorization": f"Bearer {tokens[name]}"} if name in tokens else {}
        statuses[name] = [_get(url + path, headers) for path in ENDPOINTS]
    return statuses


def wrong_statuses(statuses: Statuses) -> list[str]:
    """Describe the statuses that are not as expected."""
    return [
        f"  {path}, {name}: {got} instead of {expected}"
        for name, row in EXPECTED_STATUSES.items()
        for path, got, expected in zip(ENDPOINTS, statuses[name], row, strict=True)
        if got != expected
    ]


def format_statuses(statuses: Statuses) -> str:
    """Format a table with tokens as rows and endpoints as columns, and a mark for each status."""
    marks = ("✗", "✓") if _can_print("✗✓") else ("WRONG", "ok")
    lines: list[tuple[str, ...]] = [("", *ENDPOINTS)]
    for name, row in EXPECTED_STATUSES.items():
        pairs = zip(statuses[name], row, strict=True)
        lines.append((name, *(f"{got} {marks[got == expected]}" for got, expected in pairs)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("   ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def _record_signal(number: int, _: FrameType | None) -> None:
    """Record a signal, so that `_pause` raises it: raised here, it could leave a child running."""
    _recorded_signals.append(number)


def _pause(seconds: float = 0.0) -> None:
    time.sleep(seconds)
    if _recorded_signals:
        raise KeyboardInterrupt


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Print the name of a step and its duration. If it fails, raise with the log's end."""
    started, logged = time.monotonic(), LOG.stat().st_size
    print(f"{name} ...", end=" ", flush=True)
    try:
        yield
    except (DemoError, requests.RequestException) as error:
        print("failed", flush=True)
        lines = LOG.read_bytes()[logged:].decode(errors="replace").splitlines()
        end = "\n".join(f"  | {line}" for line in lines[-15:])
        raise DemoError(f"{end}\n\n{error}\nThe whole log is build/{LOG.name}.") from None
    _pause()
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def render_project() -> None:
    """Render the project again. Reuse a .venv with the same locks and Python."""
    locks = _locks()
    for entry in list(DEMO_PROJECT.glob("*")):
        if entry.name != ".venv":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    config = BUILD / "cookiecutter.json"  # the user's config may have other defaults
    config.write_text('{"replay_dir": "build/replay", "cookiecutters_dir": "build/templates"}')
    options = ["--no-input", "--overwrite-if-exists", "--config-file", str(config)]
    command = [sys.executable, "-m", "cookiecutter", *options, "--output-dir", str(BUILD), "."]
    _run(
        command,
        user_environ(),
        "The template cannot be rendered: see the error above.",
        cwd=TEMPLATE,
    )
    ready = VENV / ".ready"
    if ready.exists() and _locks() == locks and (VENV / "bin/python").resolve() == PYTHON:
        ready.touch()  # newer than the rendered files, so that make keeps the .venv


def _locks() -> dict[str, bytes]:
    return {lock.name: lock.read_bytes() for lock in DEMO_PROJECT.glob("requirements*.txt")}


def _set_up() -> None:
    """Set up the project with its own Makefile."""
    own_ca = {k: v for k, v in os.environ.items() if k == "REQUESTS_CA_BUNDLE"}  # pip reads it
    _run(
        ["make", "-s", ".venv/.ready", f"PYTHON={PYTHON}"],
        user_environ(**own_ca),
        "The project cannot be set up. Check that pip can reach your package index; then remove the"
        " files of an earlier demo (rm -r build) and run make demo again.",
    )


def _wait_for_api(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        _pause(0.1)
        with suppress(requests.RequestException):
            _get(f"{url}/api/public")
            return
    outcome = "did not respond within 30 s" if server.poll() is None else "stopped while it started"
    raise DemoError(
        f"The API {outcome}: see the log above. If a port was in use, run make demo again."
    )


def _mint_tokens(environ: Mapping[str, str]) -> dict[str, str]:
    """Return tokens of the stand-in tenant, and one whose subject was changed afterwards."""
    command = [".venv/bin/python", "-c", MINT, json.dumps(list(TOKEN_OPTIONS.values()))]
    with tempfile.TemporaryFile() as minted:
        _run(command, environ, "The stand-in tenant issued no token: see the error above.", minted)
        minted.seek(0)
        tokens = dict(zip(TOKEN_OPTIONS, minted.read().decode().split(), strict=True))
    header, payload, signature = tokens["valid, read:messages"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    altered = json.dumps(claims | {"sub": "somebody-else"}).encode()
    payload = base64.urlsafe_b64encode(altered).decode().rstrip("=")
    return tokens | {"tampered with": f"{header}.{payload}.{signature}"}


def _get(url: str, headers: Mapping[str, str] | None = None) -> int:
    """Send a GET request without the user's proxy; return the status."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, timeout=10).status_code


def _run(
    argv: Sequence[str],
    environ: Mapping[str, str],
    problem: str,
    stdout: IO[bytes] | None = None,
    cwd: Path = DEMO_PROJECT,
) -> None:
    """Run a command with its output in the log. Raises DemoError with the problem if it fails."""
    with LOG.open("ab") as log, running(argv, cwd, environ, stdout or log, log) as process:
        while process.poll() is None:
            _pause(0.02)
    if process.returncode:
        raise DemoError(problem)


if __name__ == "__main__":
    sys.exit(main())
