"""gunicorn.conf.py: the length of tokens, SCRIPT_NAME, addresses, and the check of settings."""

import json
import socket
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import check_output, free_ports
from ..support.serving import Api, http_get

pytestmark = pytest.mark.slow

EXPECTED_BINDS = {
    "": "127.0.0.1:3010",
    " ": "127.0.0.1:3010",
    "0.0.0.0": "0.0.0.0:3010",  # noqa: S104  # as in a container
    " api.internal ": "api.internal:3010",
    "My_host-2": "My_host-2:3010",
    "4e1f0c9a": "4e1f0c9a:3010",
    "::": "[::]:3010",
    "[::]": "[::]:3010",
    "::1": "[::1]:3010",
    "[2001:DB8:0::1]": "[2001:db8::1]:3010",
    "unix:/run/api.sock": "unix:/run/api.sock",
    "unix:///run/api.sock": "unix:///run/api.sock",
    "unix:api.sock": "unix:api.sock",
}
MALFORMED_HOSTS = [
    *["0.0.0.0:8000", "[::1]:8000", "localhost:8000", "http://0.0.0.0", "tcp://0.0.0.0"],
    *["[::1", "::1]", "::g", ":::", "[localhost]", "[127.0.0.1]", "[]", "256.0.0.1", "1.2.3"],
    *["3010", "*", "unix:", "fd://3", "my host", "a..b", "127.0.0.1, ::1", "/run/api.sock"],
]
PRINT_BINDS = """
import json, os, runpy, sys
binds = []
for os.environ["BIND_HOST"] in sys.argv[1:]:
    try:
        binds.append(runpy.run_path("gunicorn.conf.py")["bind"])
    except SystemExit as error:
        binds.append(error.code)
print(json.dumps(binds))
"""


def test_overlong_token_is_rejected_by_the_api(api: Api) -> None:
    with api.served(workers=1) as server:
        response = server.get("/api/private", Authorization=f"Bearer {'A' * 17_000}")

    assert response.status_code == 401
    assert "The token is longer than 16384 characters." in response.text


def test_script_name_header_is_ignored(api: Api) -> None:
    with api.served(workers=1) as server:
        response = server.get("/api/public", SCRIPT_NAME="/api")

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("3010", ""),
        (
            "99999",
            "Error: PORT is '99999': expected a whole number from 1 to 65535, such as '3010'.\n",
        ),
    ],
)
def test_settings_in_env_file_can_be_checked(api: Api, port: str, message: str) -> None:
    (api.copy() / ".env").write_text(f"PORT={port}\n")

    assert api.run("--check-config") == (1 if message else 0, message)


@pytest.fixture(scope="module")
def binds_by_host(ready_project: Path) -> dict[str, str]:
    """The address of gunicorn, or the error message, by the value of BIND_HOST."""
    bound = check_output(
        [".venv/bin/python", "-c", PRINT_BINDS, *EXPECTED_BINDS, *MALFORMED_HOSTS],
        ready_project,
        user_environ(AUTH0_DOMAIN="tenant.example.com"),
    )
    return dict(zip([*EXPECTED_BINDS, *MALFORMED_HOSTS], json.loads(bound), strict=True))


@pytest.mark.parametrize(("host", "bind"), EXPECTED_BINDS.items(), ids=map(repr, EXPECTED_BINDS))
def test_host_is_joined_with_the_port(binds_by_host: dict[str, str], host: str, bind: str) -> None:
    assert binds_by_host[host] == bind


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
def test_malformed_host_is_rejected(binds_by_host: dict[str, str], host: str) -> None:
    assert binds_by_host[host] == (
        f"Error: BIND_HOST is '{host}': expected a host name, an IP address or a Unix socket, such"
        " as '0.0.0.0' or 'unix:/run/api'; the port is PORT."
    )


def test_malformed_host_stops_the_start_with_one_line(api: Api) -> None:
    (api.copy() / ".env").write_text("BIND_HOST=[::1]:8000\n")

    status, output = api.run()

    assert status == 1
    assert output.startswith("Error: BIND_HOST is '[::1]:8000': expected ")
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "address"),
    [("", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]"), ("::", "127.0.0.1")],
)
def test_api_listens_on_the_host(api: Api, host: str, address: str) -> None:
    (port,) = free_ports(1)
    with api.served(workers=1, port=port, environ={"BIND_HOST": host}):
        response = http_get(f"http://{address}:{port}/api/public", **{"X-Forwarded-Proto": "https"})

    assert response.status_code == 200
    assert "Strict-Transport-Security" in response.headers  # local proxies are trusted by default


def test_api_listens_on_a_unix_socket(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "my api.sock"
    with (
        api.served(workers=1, environ={"BIND_HOST": f"unix:{path}"}),
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(str(path))
        client.sendall(b"GET /api/public HTTP/1.1\r\nHost: api\r\n\r\n")
        response = client.recv(1000)

    assert response.startswith(b"HTTP/1.1 200 ")
