"""The memory of a worker, and the time to import the API."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .serving import FOUR_THREADS, server_environ, start_server
from .summaries import Summary, summarize
from .testbed import Testbed
from .wrk import Load

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


def worker_memory(testbed: Testbed) -> dict[str, float | None]:
    """Measure the memory of a worker under load, in MiB. Only Linux: None elsewhere."""
    if not Path("/proc/self/smaps_rollup").exists():
        return {"api_mib": None, "bare_mib": None, "to_bare": None}
    api = _worker_mib(testbed, "rendered_api()", ("/api/public", "/api/private"))
    bare = _worker_mib(testbed, "bare_app()", ("/api/public",))
    return {"api_mib": api, "bare_mib": bare, "to_bare": api / bare}


def _worker_mib(testbed: Testbed, factory: str, paths: Sequence[str]) -> float:
    """Return the proportional set size of the larger worker: load may not reach the other."""
    with start_server(testbed, FOUR_THREADS, factory, "/api/public") as server:
        load = Load(server.url, connections=8, token=testbed.token)
        for path in paths:
            load.requests_per_second(path)
        workers = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        rollups = [Path(f"/proc/{worker}/smaps_rollup").read_text() for worker in workers]
    sizes = [int(kib) for kib in re.findall(r"^Pss: +(\d+) kB", "".join(rollups), re.MULTILINE)]
    return max(sizes) / 1024


def import_times(testbed: Testbed, times: int) -> dict[str, Summary]:
    """Import the API's dependencies and then the API in new interpreters; return milliseconds."""
    command = [sys.executable, "-c", _TIME_IMPORTS]
    runs = []
    for _ in range(times + 1):
        done = subprocess.run(
            command, env=server_environ(testbed), capture_output=True, text=True, check=True
        )
        runs.append([1000 * float(seconds) for seconds in done.stdout.split()])
    dependencies, added = zip(*runs[1:], strict=True)  # the first run writes the bytecode
    return {"dependencies": summarize(dependencies), "added": summarize(added)}
