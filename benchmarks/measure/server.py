"""Requests per second under real servers on loopback, memory of a worker, and import time."""

from collections.abc import Mapping, Sequence
from statistics import median

from ..peers import PEERS
from .footprint import import_times, worker_memory
from .serving import FOUR_THREADS, GTHREAD, SOCKET_PER_WORKER, start_server
from .summaries import Summary, summarize
from .testbed import Testbed
from .wrk import Load, wrk_version

MAX_REPEATS = 5

CONFIGURATIONS: Mapping[str, Sequence[str]] = {
    "gunicorn, sync": ("gunicorn", "--worker-class", "sync"),
    "gunicorn, threads: 1": (*GTHREAD, "1"),
    "gunicorn, threads: 2": (*GTHREAD, "2"),
    "gunicorn, threads: 4": FOUR_THREADS,
    "gunicorn, threads: 8": (*GTHREAD, "8"),
    "gunicorn, threads: 4, a socket each": SOCKET_PER_WORKER,
    "granian, threads: 4": ("granian", "--blocking-threads", "4"),
}


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Load each peer and each server configuration; measure a worker's memory and the import.

    Raises:
        RuntimeError: wrk is missing, a server does not start, or a request fails.
    """
    wrk, loads = wrk_version(), 5 if quick else 13
    return {
        "protected": {peer: _load_peer(testbed, peer, loads) for peer in PEERS},
        "configurations": {
            name: _load_api(testbed, command, loads // 2)
            for name, command in CONFIGURATIONS.items()
        },
        "memory": worker_memory(testbed),
        "import_ms": import_times(testbed, 5 if quick else 15),
        "wrk": wrk,
    }


def _load_peer(testbed: Testbed, peer: str, loads: int) -> dict[str, object]:
    """Load a peer's public and private endpoint in turns; the ratio is that of each pair."""
    with start_server(testbed, SOCKET_PER_WORKER, f"peer_app('{peer}')", "/public") as server:
        load = Load(server.url, connections=8, token=testbed.token)

        def measure_pair() -> tuple[float, float]:
            return load.requests_per_second("/public"), load.requests_per_second("/private")

        load.requests_per_second("/private")  # fetches the keys, and warms up
        pairs = [measure_pair() for _ in range(loads)]
        repeats = 0
        while repeats < MAX_REPEATS and (number := _uneven_pair(pairs)) is not None:
            pairs[number] = measure_pair()
            repeats += 1
    return {
        "private_to_public": summarize([private / public for public, private in pairs]),
        "public_per_second": summarize([public for public, _ in pairs]),
        "private_per_second": summarize([private for _, private in pairs]),
        "repeats": repeats,
    }


def _uneven_pair(pairs: Sequence[tuple[float, float]]) -> int | None:
    """Return the number of a pair with a rate below half of the median, if there is one.

    Keep-alive connections stay with the worker that accepted them. If one worker accepted nearly
    all and the other idles, the rate does not depend on the endpoint.
    """
    floors = [median(rates) / 2 for rates in zip(*pairs, strict=True)]
    return next(
        (
            number
            for number, pair in enumerate(pairs)
            if any(rate < floor for rate, floor in zip(pair, floors, strict=True))
        ),
        None,
    )


def _load_api(testbed: Testbed, command: Sequence[str], loads: int) -> dict[str, Summary]:
    """Load a public and a slow endpoint of the rendered API in turns."""
    with start_server(testbed, command, "rendered_api()", "/api/public") as server:
        load = Load(server.url, connections=32)
        load.requests_per_second("/api/public")  # warms up
        pairs = [
            (load.requests_per_second("/api/public"), load.requests_per_second("/slow"))
            for _ in range(loads)
        ]
    public, slow = zip(*pairs, strict=True)
    return {"public_per_second": summarize(public), "slow_per_second": summarize(slow)}
