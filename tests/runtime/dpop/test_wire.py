"""Header fields and targets of requests with proofs (DPoP) as raw bytes, sent to a real gunicorn."""

import socket

import pytest

from ...support.dpop.proofs import Build, World, send
from ...support.dpop.workers import PRIVATE, proven
from ...support.serving import Gunicorn

pytestmark = pytest.mark.slow


def raw(server: Gunicorn, lines: list[str], target: str = PRIVATE) -> int:
    """Send these header lines as they are; return the status."""
    head = [f"GET {target} HTTP/1.1", "Host: api.test", *lines, "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1"))
        return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param("DPoP: {0}", 200, id="one field"),
        pytest.param("dpop: {0}", 200, id="a name in lower case"),
        pytest.param("DPOP:{0}", 200, id="no space"),
        pytest.param("DPoP: \t {0} \t", 200, id="white space around it"),
        pytest.param("DPoP: {0}|DPoP: {0}", 401, id="the same field twice"),
        pytest.param("DPoP: {0}|dpop: {0}", 401, id="the same field twice, in another case"),
        pytest.param("DPoP: {0}|DPoP: {1}", 401, id="two valid proofs"),
        pytest.param("DPoP: {0}|DPoP: a.b.c", 401, id="an invalid one after it"),
        pytest.param("DPoP: a.b.c|DPoP: {0}", 401, id="an invalid one before it"),
        pytest.param("DPoP:|DPoP: {0}", 401, id="an empty one before it"),
        pytest.param("DPoP: {0}|DPoP:", 401, id="an empty one after it"),
        pytest.param("DPoP:", 401, id="empty"),
        pytest.param("X-DPoP: {0}", 401, id="another name"),
        pytest.param("Proof: {0}", 401, id="another name without DPoP"),
        pytest.param("Cookie: DPoP={0}", 401, id="a cookie"),
        pytest.param("DPoP: {0}|X-HTTP-Method-Override: POST", 200, id="an override of the method"),
        pytest.param("DPoP: {0}|X-Forwarded-Host: evil.test", 200, id="a forwarded host"),
        pytest.param("DPoP: {0}|Forwarded: host=evil.test;proto=http", 200, id="Forwarded"),
    ],
)
def test_header_fields_of_a_proof(server: Gunicorn, world: World, fields: str, status: int) -> None:
    request, other = proven(world), proven(world)
    token = f"Authorization: {request.authorization}"

    lines = [each.format(request.proof, other.proof) for each in fields.split("|")]

    assert raw(server, [token, *lines]) == status


@pytest.mark.parametrize(
    ("target", "build", "status"),
    [
        pytest.param("https://api.test/api/private", send(target=PRIVATE), 200, id="absolute form"),
        pytest.param("http://evil.test/api/private", send(target=PRIVATE), 200, id="another host"),
        pytest.param(
            "https://evil.test/api/private",
            send(target=PRIVATE, url="https://evil.test/api/private"),
            401,
            id="another host, proven",
        ),
        pytest.param("/api/%70rivate", send(target=PRIVATE), 200, id="an encoded letter"),
        pytest.param("/api/private?a=b", send(target=PRIVATE), 200, id="a query"),
        pytest.param("/api/private?a=/../b", send(target=PRIVATE), 200, id="a query with a path"),
        pytest.param("/api/private", send(target="/api/private-scoped"), 401, id="another path"),
        pytest.param("/api/private-scoped", send(target=PRIVATE), 401, id="a scoped path"),
    ],
)
def test_target_of_a_request(
    server: Gunicorn, world: World, target: str, build: Build, status: int
) -> None:
    request = build(world)
    fields = [f"Authorization: {request.authorization}", f"DPoP: {request.proof}"]

    assert raw(server, fields, target) == status
