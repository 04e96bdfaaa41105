"""The memory of servers and workers, and the time to import the API and its peers."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.paths import TEMPLATE

from .serving import EIGHT_THREADS, FOUR_THREADS, server_environ, start_server
from .summaries import Summary, summarize
from .testbed import Testbed
from .wrk import Load

_SMAPS = Path("/proc/self/smaps_rollup")

_TIME_IMPORTS = """
import time
started = time.perf_counter()
import logging, threading
import click, dotenv, flask, flask_cors, requests
import jose.backends.cryptography_backend, jose.jwk, jose.utils
between = time.perf_counter()
import messages_api
messages_api.create_app()
print(between - started, time.perf_counter() - between)
"""

_TIME_APP = """
import sys, time
started = time.perf_counter()
from benchmarks.measure.served_apps import peer_app
peer_app(sys.argv[1])
print(time.perf_counter() - started)
"""


def worker_memory(testbed: Testbed) -> dict[str, float | None]:
    """Measure the memory of a worker under load, in MiB. Only Linux: None elsewhere."""
    if not _SMAPS.exists():
        return {"api_mib": None, "bare_mib": None, "to_bare": None}
    api = _worker_mib(testbed, "rendered_api()", ("/api/public", "/api/private"))
    bare = _worker_mib(testbed, "bare_app()", ("/api/public",))
    return {"api_mib": api, "bare_mib": bare, "to_bare": api / bare}


def _worker_mib(testbed: Testbed, factory: str, paths: Sequence[str]) -> float:
    """Return the proportional set size of the larger worker: load may not reach the other."""
    with start_server(testbed, FOUR_THREADS, factory, "/api/public") as server:
        load = Load(server.url, connections=8, token=testbed.token)
        for path in paths:
            load.run(path)
        return max(_pss_mib(worker) for worker in _workers(server.pid))


def server_mib(testbed: Testbed, peer: str) -> float | None:
    """Measure the memory of gunicorn and both workers under load, in MiB. Only Linux: None elsewhere."""
    if not _SMAPS.exists():
        return None
    with start_server(testbed, EIGHT_THREADS, f"peer_app('{peer}')", "/public") as server:
        Load(server.url, connections=16, token=testbed.token).run("/private")
        return sum(map(_pss_mib, (server.pid, *_workers(server.pid))))


def _workers(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _pss_mib(pid: int) -> float:
    """Return the proportional set size: memory that processes share counts once."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kib) for kib in re.findall(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)) / 1024


def import_times(testbed: Testbed, times: int) -> dict[str, Summary]:
    """Import the API's dependencies and then the API in new interpreters; return milliseconds."""
    dependencies, added = _times(testbed, times, _TIME_IMPORTS)
    return {"dependencies": summarize(dependencies), "added": summarize(added)}


def app_times(testbed: Testbed, peer: str, times: int) -> Summary:
    """Import a peer and make its app in new interpreters; return milliseconds.

    Peers that fetch the tenant's keys meanwhile get them from loopback.
    """
    [made] = _times(testbed, times, _TIME_APP, peer)
    return summarize(made)


def _times(testbed: Testbed, times: int, *program: str) -> list[tuple[float, ...]]:
    """Run a program that prints seconds, several times; return each of its times in milliseconds."""
    command = [sys.executable, "-W", "ignore", "-c", *program]
    runs = []
    for _ in range(times + 1):
        done = subprocess.run(
            command,
            env=server_environ(testbed),
            cwd=TEMPLATE,
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append([1000 * float(seconds) for seconds in done.stdout.split()])
    return list(zip(*runs[1:], strict=True))  # the first run writes the bytecode
