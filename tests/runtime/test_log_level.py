"""LOG_LEVEL under Flask's server and gunicorn, for the API's modules and other packages."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import free_ports, running
from ..support.serving import http_get
from ..support.waiting import wait_until

pytestmark = pytest.mark.slow

LOGGING_VIEW = """

import logging

import requests


@api.get("/logging")
@public
def log() -> str:
    logging.getLogger(__name__).debug("our DEBUG")
    logging.getLogger(__name__).error("our ERROR")
    current_app.logger.debug("the app's DEBUG")
    logging.getLogger("botocore").debug("their DEBUG")
    logging.getLogger("botocore").error("their ERROR")
    with contextlib.suppress(requests.RequestException):
        requests.get("http://127.0.0.1:9", timeout=1)
    return "logged"
"""
FLASK = ["flask", "run"]
DEBUG_MODE = [*FLASK, "--debug"]  # as in make dev
GUNICORN = ["gunicorn"]

ERROR = {"our ERROR", "their ERROR"}
INFO = {*ERROR, "path=/api/logging", "Listening"}
DEBUG = {*INFO, "our DEBUG", "the app's DEBUG", "path=/healthz"}
LINES = {"ERROR": ERROR, "INFO": INFO, "DEBUG": DEBUG}
NEVER = {"their DEBUG", "Starting new HTTP connection", "secret"}

Run = Callable[[list[str], dict[str, str]], str]


@pytest.fixture
def serve_and_call(ready_project: Path, tmp_path: Path) -> Run:
    """Serves a copy of the project, calls an endpoint, and returns the output of the server."""
    copy = tmp_path / "copy"
    shutil.copytree(ready_project, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    with (copy / "messages_api/routes.py").open("a") as routes:
        routes.write("\n\nimport contextlib\n\nfrom flask import current_app\n" + LOGGING_VIEW)

    def serve_and_call(command: list[str], settings: dict[str, str]) -> str:
        (port,) = free_ports(1)
        url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
        program = str(ready_project / ".venv/bin" / command[0])
        options = [] if command == GUNICORN else ["--port", str(port)]
        environ = user_environ(
            AUTH0_DOMAIN="tenant.example.com", PORT=str(port), WEB_CONCURRENCY="1", **settings
        )
        with (
            log.open("wb") as output,
            running([program, *command[1:], *options], copy, environ, output) as process,
        ):

            def responds() -> bool:
                assert process.poll() is None, log.read_text()
                with suppress(OSError):
                    return http_get(f"{url}/healthz").status_code == 200
                return False

            wait_until(responds, "the API is up")
            assert http_get(f"{url}/api/logging?access_token=secret").text == "logged"
        return log.read_text()

    return serve_and_call


@pytest.mark.parametrize(
    ("command", "setting", "level"),
    [
        (FLASK, None, "INFO"),
        (FLASK, "DEBUG", "DEBUG"),
        (FLASK, "error", "ERROR"),
        (DEBUG_MODE, None, "DEBUG"),
        (DEBUG_MODE, "INFO", "INFO"),
        (GUNICORN, None, "INFO"),
        (GUNICORN, "debug", "DEBUG"),
        (GUNICORN, "ERROR", "ERROR"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_setting_selects_the_logged_lines(
    serve_and_call: Run, command: list[str], setting: str | None, level: str
) -> None:
    output = serve_and_call(
        command, {"LOG_FORMAT": "text"} | ({"LOG_LEVEL": setting} if setting else {})
    )

    output = output.replace("Running on", "Listening")
    assert {line for line in DEBUG | NEVER if line in output} == LINES[level]


@pytest.mark.parametrize("command", [FLASK, GUNICORN], ids=" ".join)
def test_malformed_level_stops_the_start(ready_project: Path, command: list[str]) -> None:
    environ = user_environ(AUTH0_DOMAIN="tenant.example.com", LOG_LEVEL="verbose", PORT="1")
    program = str(ready_project / ".venv/bin" / command[0])
    with running([program, *command[1:]], ready_project, environ) as process:
        output = process.communicate(timeout=60)[0].decode()

    assert process.returncode == 1
    assert output == (
        "Error: LOG_LEVEL is 'verbose': expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL.\n"
    )
