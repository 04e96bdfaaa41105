"""A worker's memory over thousands of requests: it must not grow.

`pytest -q -rP tests/runtime/test_memory.py` shows the figures.
"""

import base64
import json
import platform
import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path

import pytest

from ..support.serving import Api, Gunicorn, report_figures

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallinfo2(3) needs glibc"),
]

BATCH = 24
"""Requests that a client sends before it reads the responses."""

ROUND = 42 * BATCH
"""About 1,000 requests."""

WARM_UP = 4
"""Rounds until caches, buffers and the heaps of threads are full."""

ALLOCATED_VIEW = """

import ctypes


class _Mallinfo(ctypes.Structure):
    _fields_ = [(f"_{n}", ctypes.c_size_t) for n in range(10)]  # mallinfo2(3)


_mallinfo2 = ctypes.CDLL(None).mallinfo2
_mallinfo2.restype = _Mallinfo


@api.get("/allocated")
@public
def get_allocated() -> list[int]:
    import gc
    import sys

    gc.collect()
    info = _mallinfo2()
    return [sys.getallocatedblocks(), info._4 + info._7]  # hblkhd + uordblks
"""
"""A view that returns the memory that its worker has allocated: see `Memory`."""


@dataclass(frozen=True)
class Memory:
    """The memory of a worker, or its growth per request.

    Only `blocks` and `malloc` are exact. A test of only `resident` would take ten times as long.
    """

    blocks: float  # objects of at most 512 bytes, which Python itself allocates
    malloc: float  # bytes of all other allocations, including those of C code
    resident: float  # bytes in memory


LIMIT = Memory(blocks=0.1, malloc=24, resident=100)
"""The limits per request. 24 bytes are the smallest allocation of malloc, with its overhead."""


def generate_requests(api: Api) -> Iterator[bytes]:
    """Yield requests endlessly: public, with a valid token, and with one that is rejected."""
    good = api.tenant.token()
    header, payload, signature = good.split(".")
    of_another = api.tenant.token(user="auth0|another").split(".")[1]
    forged = f"{header}.{of_another}.{signature}"
    expired = api.tenant.token(exp=0)
    for number in count():
        made_up = json.dumps({"alg": "RS256", "typ": "JWT", "kid": f"made-up-{number}"}).encode()
        unknown = base64.urlsafe_b64encode(made_up).decode().rstrip("=")
        for bad in (forged, expired, f"{unknown}.{payload}.{signature}", None):
            yield raw_get_request("/api/public")
            yield raw_get_request("/api/private", good)
            yield raw_get_request("/api/private", bad)


def raw_get_request(path: str, token: str | None = None) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n".encode()


def send_round(server: Gunicorn, requests: Iterator[bytes]) -> Counter[int]:
    """Send one round of requests over two connections; count the responses by status."""
    batches = [b"".join(islice(requests, BATCH)) for _ in range(ROUND // BATCH)]
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(
            lambda half: send_batches(server.port, half), (batches[::2], batches[1::2])
        )
        return sum(halves, Counter())


def send_batches(port: int, batches: list[bytes]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for batch in batches:
            connection.sendall(batch)
            responses = b""
            while responses.count(b"HTTP/1.1 ") < BATCH or not responses.endswith(b"}\n"):
                received = connection.recv(65536)
                assert received, "the server has closed the connection"
                responses += received
            statuses.update(map(int, re.findall(rb"HTTP/1.1 (\d+)", responses)))
    return statuses


def read_memory(server: Gunicorn, worker: int) -> Memory:
    rollup = Path(f"/proc/{worker}/smaps_rollup").read_text()
    resident = 1024 * int(re.findall(r"^Rss: +(\d+) kB$", rollup, re.MULTILINE)[0])
    blocks, malloc = server.get("/api/allocated").json()
    return Memory(blocks, malloc, resident)


def measure_growth(api: Api, request: pytest.FixtureRequest, rounds: int) -> Memory:
    """Send rounds of requests to one worker; return the growth of its memory per request."""
    with api.served(workers=1) as server:
        server.log_file.unlink()  # to free the disk: there are several lines per request
        (worker,) = server.workers()
        sent = generate_requests(api)
        for _ in range(WARM_UP):
            send_round(server, sent)
        before = read_memory(server, worker)
        statuses = sum((send_round(server, sent) for _ in range(rounds)), Counter[int]())
        after = read_memory(server, worker)
        assert list(server.workers()) == [worker]
    number = rounds * ROUND
    assert statuses == {200: number * 2 // 3, 401: number // 3}
    grown = Memory(
        blocks=(after.blocks - before.blocks) / number,
        malloc=(after.malloc - before.malloc) / number,
        resident=(after.resident - before.resident) / number,
    )
    figures = {"before": before, "after": after, "grown_by": grown}
    report_figures(
        request, requests=number, **{name: asdict(each) for name, each in figures.items()}
    )
    return grown


@pytest.fixture
def routes_file(api: Api) -> Path:
    """The file of the views, with one that returns the memory of a worker."""
    routes_file = api.copy() / "messages_api/routes.py"
    routes_file.write_text(routes_file.read_text() + ALLOCATED_VIEW)
    return routes_file


@pytest.mark.usefixtures("routes_file")
def test_memory_does_not_grow_with_requests(api: Api, request: pytest.FixtureRequest) -> None:
    grown = measure_growth(api, request, rounds=6)

    assert grown.blocks < LIMIT.blocks
    assert grown.malloc < LIMIT.malloc
    assert grown.resident < LIMIT.resident


def test_memory_leak_of_a_view_is_detected(
    api: Api, routes_file: Path, request: pytest.FixtureRequest
) -> None:
    view = '    return {"message": "Hello! Your access token is valid."'
    keeping = "    kept.append((current_token.claims, bytes(1000)))\n"
    text = routes_file.read_text()
    assert text.count(view) == 1
    routes_file.write_text(text.replace(view, keeping + view) + "\n\nkept = []\n")

    grown = measure_growth(api, request, rounds=2)

    assert grown.blocks > LIMIT.blocks
    assert grown.malloc > LIMIT.malloc
    assert grown.resident > LIMIT.resident
