"""What gunicorn.conf.py sees to, by a gunicorn that reads it. No tenant is asked."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
GUNICORN = str(Path(sys.executable).with_name("gunicorn"))
SETTINGS = {"AUTH0_DOMAIN": "tenant.example", "WEB_CONCURRENCY": "1"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")


def get(port: int, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Return the status of the answer, and its text; wait until there is one."""
    deadline = time.monotonic() + 30
    while True:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            try:
                connection.request("GET", path, headers=dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except ConnectionError:
                assert time.monotonic() < deadline, "gunicorn does not answer within 30 s"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the API is served."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    environ = os.environ | SETTINGS | {"PORT": str(port)}
    with subprocess.Popen([GUNICORN], cwd=PROJECT, env=environ) as server:
        yield port
        server.terminate()


def test_a_token_that_is_too_long_gets_the_answer_of_the_api(port: int) -> None:
    status, text = get(port, "/api/private", {"Authorization": f"Bearer {'A' * 17_000}"})

    assert status == 401
    assert "The token is longer than 16384 characters." in text


def test_a_request_does_not_move_the_api_to_another_path(port: int) -> None:
    status, _ = get(port, "/api/public", {"SCRIPT_NAME": "/api"})

    assert status == 200


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("PORT=3010", ""),
        ("PORT=99999", "Error: PORT is '99999': expected a whole number from 1 to 65535.\n"),
    ],
)
def test_what_stands_in_env_can_be_checked(tmp_path: Path, setting: str, said: str) -> None:
    (tmp_path / ".env").write_text(f"AUTH0_DOMAIN=tenant.example\n{setting}\n")
    names = "AUTH0_DOMAIN", setting.partition("=")[0]
    environ = {name: value for name, value in os.environ.items() if name not in names}
    command = [GUNICORN, "--config", str(PROJECT / "gunicorn.conf.py"), "--check-config"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stderr, done.returncode) == (said, 1 if said else 0)
