"""Odd headers as they come off the wire: raw bytes to a real gunicorn."""

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

Send = Callable[[bytes], list[tuple[int, dict[str, str], bytes]]]


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    port, tenant_port = free_ports(2)
    return user_environ(PORT=str(port), LOCAL_AUTH0_PORT=str(tenant_port), WEB_CONCURRENCY="1")


@pytest.fixture(scope="module")
def token(ready_project: Path, environ: dict[str, str]) -> Callable[[str], str]:
    """Have the stand-in tenant mint a token with a scope."""

    def mint(scope: str) -> str:
        command = [".venv/bin/python", "-m", "local_auth0", "token", "--scope", scope]
        minted = subprocess.run(
            command, cwd=ready_project, env=environ, capture_output=True, text=True, check=True
        )
        return minted.stdout.strip()

    return mint


@pytest.fixture(scope="module")
def send(ready_project: Path, environ: dict[str, str]) -> Iterator[Send]:
    """Send bytes to gunicorn and read its answers until it closes the connection."""
    address = ("127.0.0.1", int(environ["PORT"]))
    command = [".venv/bin/python", "-m", "local_auth0", "run", ".venv/bin/gunicorn"]

    def send(request: bytes) -> list[tuple[int, dict[str, str], bytes]]:
        with socket.create_connection(address, timeout=20) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        return list(_answers(received))

    with running(command, ready_project, environ, subprocess.DEVNULL, subprocess.DEVNULL):
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(address, timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "gunicorn did not start"
                time.sleep(0.1)
        yield send


def _answers(received: bytes) -> Iterator[tuple[int, dict[str, str], bytes]]:
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers["content-length"])
        yield int(first.split()[1]), headers, rest[:length]
        received = rest[length:]


def request(*headers: bytes, path: str = "/api/private", close: bool = True) -> bytes:
    lines = [f"GET {path} HTTP/1.1".encode(), b"Host: localhost", *headers]
    return b"\r\n".join([*lines, *([b"Connection: close"] if close else []), b"", b""])


def code(answer: tuple[int, dict[str, str], bytes]) -> str:
    """The code of a refusal, which has to be JSON with a challenge."""
    status, headers, body = answer
    assert status == 401
    assert headers["content-type"] == "application/json"
    assert headers["www-authenticate"].startswith('Bearer realm="api"')
    return str(json.loads(body)["code"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param([], "authorization_header_missing", id="none"),
        pytest.param([b"Authorization:"], "authorization_header_missing", id="empty"),
        pytest.param([b"Authorization: \t "], "authorization_header_missing", id="blank"),
        pytest.param([b"Authorization: \xa0"], "invalid_header", id="a no-break space"),
        pytest.param([b"Authorization: Bearer\xa0a.b.c"], "invalid_header", id="NBSP as space"),
        pytest.param([b"Authorization: Bearer \xe9.\xff.\x80"], "invalid_header", id="latin-1"),
        pytest.param([b"Authorization: Bearer \xc3\xa9.b.c"], "invalid_header", id="UTF-8"),
        pytest.param([b"Authorization: Bearer a.b.c"] * 2, "invalid_header", id="two alike"),
        pytest.param(
            [b"Authorization: Basic YTpi", b"Authorization: Bearer a.b.c"],
            "invalid_header",
            id="two schemes",
        ),
        pytest.param(
            [b"Proxy-Authorization: Bearer a.b.c"], "authorization_header_missing", id="proxy"
        ),
        pytest.param([b"X-Authorization: Bearer a.b.c"], "authorization_header_missing", id="X-"),
        pytest.param([b"Cookie: Authorization=a.b.c"], "authorization_header_missing", id="cookie"),
    ],
)
def test_odd_headers_are_refused_in_json(send: Send, headers: list[bytes], expected: str) -> None:
    (answer,) = send(request(*headers))

    assert code(answer) == expected


def test_two_headers_with_good_tokens_are_refused(send: Send, token: Callable[[str], str]) -> None:
    header = f"Authorization: Bearer {token('')}".encode()

    (answer,) = send(request(header, header))

    assert code(answer) == "invalid_header"


def test_an_underscore_does_not_make_a_second_authorization_header(
    send: Send, token: Callable[[str], str]
) -> None:
    # WSGI turns both names into HTTP_AUTHORIZATION if a server lets the second one through.
    (answer,) = send(
        request(b"Http_Authorization: x", f"authorization: bearer {token('')}".encode())
    )

    assert answer[0] == 200


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"Authorization: Bearer a\x00b.c.d", id="NUL"),
        pytest.param(b"Authorization : Bearer a.b.c", id="a blank before the colon"),
        pytest.param(b"Authorization: Bearer a.\r\n b.c", id="folded"),
        pytest.param(b"Author\xefzation: Bearer a.b.c", id="a name that is not ASCII"),
    ],
)
def test_what_is_no_http_is_the_servers_to_refuse(send: Send, header: bytes) -> None:
    (answer,) = send(request(header))

    assert answer[0] == 400


def test_the_longest_token_gets_through_and_one_more_character_gets_our_answer(
    send: Send,
) -> None:
    longest = b"A" * (16_384 - 4) + b".A.A"

    (at_limit,) = send(request(b"Authorization: Bearer " + longest))
    (over_limit,) = send(request(b"Authorization: Bearer A" + longest))

    assert b"must be JSON objects" in at_limit[2]
    assert b"longer than 16384 characters" in over_limit[2]


def test_a_header_of_64_kb_is_the_servers_to_refuse(send: Send) -> None:
    (answer,) = send(request(b"Authorization: Bearer " + b"A" * 65_536))

    assert answer[0] == 431


def test_pipelined_requests_are_told_apart(send: Send, token: Callable[[str], str]) -> None:
    good = f"Authorization: Bearer {token('read:messages')}".encode()
    scoped = "/api/private-scoped"

    answers = send(
        request(good, path=scoped, close=False)
        + request(path=scoped, close=False)
        + request(b"Authorization: Bearer x", path=scoped, close=False)
        + request(good, path=scoped)
    )

    assert [status for status, _, _ in answers] == [200, 401, 401, 200]
