"""What a worker keeps of the requests that it has answered, which has to be nothing.

`pytest -q -rP tests/runtime/test_memory.py` shows the figures.
"""

import base64
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

import pytest

from ..support.serving import Api, Gunicorn, report

pytestmark = pytest.mark.slow

SMALLEST = 24
"""Bytes of the smallest object that Python has, 16, and of its place in a list."""

BATCH = 24
"""Requests that a client sends before it reads the answers."""

ROUND = 417 * BATCH
"""Some 10,000 requests. After one round the caches, the buffers and the threads' heaps are full."""


def requests(api: Api) -> Iterator[bytes]:
    """Requests without end: one for anyone, one with a good token, one to be refused, and so on."""
    good = api.tenant.token()
    header, payload, signature = good.split(".")
    of_another = api.tenant.token(user="auth0|another").split(".")[1]
    forged = f"{header}.{of_another}.{signature}"
    expired = api.tenant.token(exp=0)
    for number in count():
        made_up = json.dumps({"alg": "RS256", "typ": "JWT", "kid": f"made-up-{number}"}).encode()
        unknown = base64.urlsafe_b64encode(made_up).decode().rstrip("=")
        for bad in (forged, expired, f"{unknown}.{payload}.{signature}", None):
            yield get("/api/public")
            yield get("/api/private", good)
            yield get("/api/private", bad)


def get(path: str, token: str | None = None) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n".encode()


def flood(server: Gunicorn, requests: Iterator[bytes]) -> Counter[int]:
    """Send a round over two connections; return how often each status was answered."""
    batches = [b"".join(islice(requests, BATCH)) for _ in range(ROUND // BATCH)]
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda half: send(server.port, half), (batches[::2], batches[1::2]))
        return sum(halves, Counter())


def send(port: int, batches: list[bytes]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for batch in batches:
            connection.sendall(batch)
            answers = b""
            while answers.count(b"HTTP/1.1 ") < BATCH or not answers.endswith(b"}\n"):
                received = connection.recv(65536)
                assert received, "the server has closed the connection"
                answers += received
            statuses.update(map(int, re.findall(rb"HTTP/1.1 (\d+)", answers)))
    return statuses


def memory(pid: int) -> int:
    """Bytes of a process that are in memory."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * int(re.findall(r"^Rss: +(\d+) kB$", rollup, re.MULTILINE)[0])


def growth(api: Api, request: pytest.FixtureRequest, rounds: int) -> float:
    """Have one worker answer rounds of requests; return how many bytes it has grown by for each."""
    with api.served(workers=1) as server:
        server.log_file.unlink()  # more than a line for each request, which nobody reads
        (worker,) = server.workers()
        sent = requests(api)
        flood(server, sent)
        before = memory(worker)
        answered = sum((flood(server, sent) for _ in range(rounds)), Counter[int]())
        after = memory(worker)
        assert list(server.workers()) == [worker]
    assert answered == {200: rounds * ROUND * 2 // 3, 401: rounds * ROUND // 3}
    grown = (after - before) / (rounds * ROUND)
    report(
        request,
        requests=(rounds + 1) * ROUND,
        after_the_first_round=f"{before / 1e6:.2f} MB",
        after_the_last=f"{after / 1e6:.2f} MB",
        grown_by=f"{grown:.1f} bytes for each request",
    )
    return grown


def test_a_worker_keeps_nothing_of_100_000_requests(
    api: Api, request: pytest.FixtureRequest
) -> None:
    assert growth(api, request, rounds=9) < SMALLEST


def test_a_view_that_keeps_something_of_each_request_is_noticed(
    api: Api, request: pytest.FixtureRequest
) -> None:
    routes = api.copy() / "messages_api/routes.py"
    view = '    return {"message": "Hello! Your access token is valid."'
    leaking = routes.read_text().replace(view, f"    callers.append(current_token.claims)\n{view}")
    routes.write_text(f"{leaking}\n\ncallers = []\n")

    assert growth(api, request, rounds=2) > SMALLEST
