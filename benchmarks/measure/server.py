"""The rendered API under several servers on loopback; the memory and the import of all peers."""

from collections.abc import Mapping, Sequence

from ..peers.all_peers import PEERS
from .footprint import app_times, import_times, server_mib, worker_memory
from .serving import FOUR_THREADS, GTHREAD, SOCKET_PER_WORKER, start_server
from .summaries import Summary, summarize
from .testbed import Testbed
from .wrk import Load, wrk_version

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
    """Load each server configuration; measure memory and imports.

    Raises:
        RuntimeError: wrk is missing, a server does not start, or a request fails.
    """
    wrk, loads, imports = wrk_version(), 3 if quick else 6, 5 if quick else 15
    return {
        "configurations": {
            name: _load_api(testbed, command, loads) for name, command in CONFIGURATIONS.items()
        },
        "memory": worker_memory(testbed),
        "import_ms": import_times(testbed, imports),
        "all_processes_mib": {peer: server_mib(testbed, peer) for peer in PEERS},
        "app_ms": {peer: app_times(testbed, peer, imports) for peer in PEERS},
        "wrk": wrk,
    }


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
