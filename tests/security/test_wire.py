"""Unusual headers as raw bytes, sent to a real gunicorn."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import free_ports, running

pytestmark = pytest.mark.slow

RawResponse = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""

Send = Callable[[bytes], list[RawResponse]]
MintToken = Callable[[str], str]


@pytest.fixture(scope="module")
def gunicorn_environ() -> dict[str, str]:
    port, tenant_port = free_ports(2)
    return user_environ(PORT=str(port), LOCAL_AUTH0_PORT=str(tenant_port), WEB_CONCURRENCY="1")


@pytest.fixture(scope="module")
def mint_token(ready_project: Path, gunicorn_environ: dict[str, str]) -> MintToken:
    """Mints a token with a scope, by the command of the stand-in tenant."""

    def mint_token(scope: str) -> str:
        command = [".venv/bin/python", "-m", "local_auth0", "token", "--scope", scope]
        run = subprocess.run(
            command,
            cwd=ready_project,
            env=gunicorn_environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()

    return mint_token


@pytest.fixture(scope="module")
def send_bytes(ready_project: Path, gunicorn_environ: dict[str, str]) -> Iterator[Send]:
    """Sends bytes to gunicorn, and returns all responses until it closes the connection."""
    address = ("127.0.0.1", int(gunicorn_environ["PORT"]))
    command = [".venv/bin/python", "-m", "local_auth0", "run", ".venv/bin/gunicorn"]

    def send_bytes(request: bytes) -> list[RawResponse]:
        with socket.create_connection(address, timeout=20) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        return list(_parse_responses(received))

    with running(command, ready_project, gunicorn_environ, subprocess.DEVNULL, subprocess.DEVNULL):
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(address, timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "gunicorn did not start"
                time.sleep(0.1)
        yield send_bytes


def _parse_responses(received: bytes) -> Iterator[RawResponse]:
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers["content-length"])
        yield int(first.split()[1]), headers, rest[:length]
        received = rest[length:]


def build_request(*headers: bytes, path: str = "/api/private", close: bool = True) -> bytes:
    lines = [f"GET {path} HTTP/1.1".encode(), b"Host: localhost", *headers]
    return b"\r\n".join([*lines, *([b"Connection: close"] if close else []), b"", b""])


def rejection_code(response: RawResponse) -> str:
    """Return the code of a rejection, which must be JSON with a challenge."""
    status, headers, body = response
    assert status == 401
    assert headers["content-type"] == "application/json"
    assert headers["www-authenticate"].startswith('Bearer realm="api"')
    return str(json.loads(body)["code"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param([], "authorization_header_missing", id="absent"),
        pytest.param([b"Authorization:"], "authorization_header_missing", id="empty"),
        pytest.param([b"Authorization: \t "], "authorization_header_missing", id="whitespace"),
        pytest.param([b"Authorization: \xa0"], "invalid_header", id="no-break space"),
        pytest.param(
            [b"Authorization: Bearer\xa0a.b.c"], "invalid_header", id="no-break space as separator"
        ),
        pytest.param([b"Authorization: Bearer \xe9.\xff.\x80"], "invalid_header", id="latin-1"),
        pytest.param([b"Authorization: Bearer \xc3\xa9.b.c"], "invalid_header", id="UTF-8"),
        pytest.param(
            [b"Authorization: Bearer a.b.c"] * 2, "invalid_header", id="two identical headers"
        ),
        pytest.param(
            [b"Authorization: Basic YTpi", b"Authorization: Bearer a.b.c"],
            "invalid_header",
            id="two schemes",
        ),
        pytest.param(
            [b"Proxy-Authorization: Bearer a.b.c"],
            "authorization_header_missing",
            id="Proxy-Authorization",
        ),
        pytest.param(
            [b"X-Authorization: Bearer a.b.c"], "authorization_header_missing", id="X-Authorization"
        ),
        pytest.param([b"Cookie: Authorization=a.b.c"], "authorization_header_missing", id="cookie"),
    ],
)
def test_unusual_header_is_rejected_with_json(
    send_bytes: Send, headers: list[bytes], expected: str
) -> None:
    (response,) = send_bytes(build_request(*headers))

    assert rejection_code(response) == expected


def test_two_headers_with_valid_tokens_are_rejected(
    send_bytes: Send, mint_token: MintToken
) -> None:
    header = f"Authorization: Bearer {mint_token('')}".encode()

    (response,) = send_bytes(build_request(header, header))

    assert rejection_code(response) == "invalid_header"


def test_header_name_with_underscore_is_ignored(send_bytes: Send, mint_token: MintToken) -> None:
    (response,) = send_bytes(
        build_request(b"Http_Authorization: x", f"authorization: bearer {mint_token('')}".encode())
    )

    assert response[0] == 200


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"Authorization: Bearer a\x00b.c.d", id="NUL"),
        pytest.param(b"Authorization : Bearer a.b.c", id="space before the colon"),
        pytest.param(b"Authorization: Bearer a.\r\n b.c", id="folded"),
        pytest.param(b"Author\xefzation: Bearer a.b.c", id="non-ASCII name"),
    ],
)
def test_malformed_header_line_is_rejected_by_gunicorn(send_bytes: Send, header: bytes) -> None:
    (response,) = send_bytes(build_request(header))

    assert response[0] == 400


def test_token_length_limit_is_enforced_by_the_api(
    send_bytes: Send,
) -> None:
    longest = b"A" * (16_384 - 4) + b".A.A"

    (at_limit,) = send_bytes(build_request(b"Authorization: Bearer " + longest))
    (over_limit,) = send_bytes(build_request(b"Authorization: Bearer A" + longest))

    assert b"must be JSON objects" in at_limit[2]
    assert b"longer than 16384 characters" in over_limit[2]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/" + "a" * 4_080, [], 404, id="request line of 4,094 bytes"),
        pytest.param("/" + "a" * 4_081, [], 414, id="request line of 4,095 bytes"),
        pytest.param("/api/private", [b"X: 1"] * 98, 401, id="100 header fields"),
        pytest.param("/api/private", [b"X: 1"] * 99, 431, id="101 header fields"),
        pytest.param("/api/private", [b"X: " + b"a" * 17_403], 401, id="field of 17,408 bytes"),
        pytest.param("/api/private", [b"X: " + b"a" * 17_404], 431, id="field of 17,409 bytes"),
    ],
)
def test_requests_up_to_the_documented_size_reach_the_api(
    send_bytes: Send, path: str, headers: list[bytes], status: int
) -> None:
    (response,) = send_bytes(build_request(*headers, path=path))

    assert response[0] == status
    assert ("x-content-type-options" in response[1]) is (status in (401, 404))


def test_header_of_64_kib_is_rejected_by_gunicorn(send_bytes: Send) -> None:
    (response,) = send_bytes(build_request(b"Authorization: Bearer " + b"A" * 65_536))

    assert response[0] == 431


def test_pipelined_requests_get_their_own_responses(
    send_bytes: Send, mint_token: MintToken
) -> None:
    authorization = f"Authorization: Bearer {mint_token('read:messages')}".encode()
    scoped = "/api/private-scoped"

    responses = send_bytes(
        build_request(authorization, path=scoped, close=False)
        + build_request(path=scoped, close=False)
        + build_request(b"Authorization: Bearer x", path=scoped, close=False)
        + build_request(authorization, path=scoped)
    )

    assert [status for status, _, _ in responses] == [200, 401, 401, 200]
