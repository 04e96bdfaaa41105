"""What the rendered API costs where it runs: under a real server, with a real load, on loopback.

Loads come from `wrk`. Nothing outlives the measurement: each server runs in a process group that
is ended, and each load has its seconds.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests

from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import free_ports, running

from .peers import PEERS, name_of
from .site import Site
from .stopwatch import Figure, summary

WORKERS = 2
SLICE = 1
"""Seconds of each load. Many short ones are better than few long ones: each connects anew."""
MOST_REPEATS = 5

_GTHREAD = ("gunicorn", "--worker-class", "gthread", "--threads")

DEFAULT_MODEL = (*_GTHREAD, "4")
"""A server and its options, on top of the number of workers: where peers are compared."""

# Where workers share a socket, chance deals the connections out, and decides a slice more than the
# endpoint does: the ratio of two slices then scatters by a factor of two and more.
_EVEN_MODEL = (*DEFAULT_MODEL, "--reuse-port")

MODELS: Mapping[str, Sequence[str]] = {
    "gunicorn, sync": ("gunicorn", "--worker-class", "sync"),
    **{f"gunicorn, threads: {count}": (*_GTHREAD, count) for count in ("1", "2", "4", "8")},
    "gunicorn, threads: 4, a socket each": _EVEN_MODEL,
    "granian, threads: 4": ("granian", "--blocking-threads", "4"),
}

_TIME_IMPORTS = """
import time
started = time.perf_counter()
import logging, threading
import click, dotenv, flask, flask_cors, requests
import pythonjsonlogger.json
import jose.backends.cryptography_backend, jose.jwk, jose.utils
between = time.perf_counter()
import messages_api
messages_api.create_app()
print(between - started, time.perf_counter() - between)
"""


def measure(site: Site, quick: bool) -> dict[str, object]:
    """Load the peers and the server models, weigh a worker, time the import.

    Raises:
        RuntimeError: wrk is missing, a server does not come up, or answers with errors.
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is needed to load the servers: apt-get install wrk")
    slices = 5 if quick else 13
    return {
        "titles": {name_of(peer): peer.TITLE for peer in PEERS},
        "protected": {name_of(peer): _protected(site, name_of(peer), slices) for peer in PEERS},
        "models": {name: _model(site, model, slices // 2) for name, model in MODELS.items()},
        "memory": _memory(site),
        "import_ms": _import_times(site, 5 if quick else 15),
        "wrk": _wrk_version(),
    }


def _protected(site: Site, peer: str, slices: int) -> dict[str, object]:
    """Load a peer's private and public endpoint in turn; the ratio is that of each two slices."""
    with _serving(site, _EVEN_MODEL, f'benchmarks.serving:app("{peer}")', "/public") as server:
        load = _Load(server.url, connections=8, token=site.token)

        def take() -> tuple[float, float]:
            return load.rate("/public"), load.rate("/private")

        load.rate("/private")  # fetches the keys, and warms up
        pairs = [take() for _ in range(slices)]
        repeats = 0
        while repeats < MOST_REPEATS and (number := _lopsided(pairs)) is not None:
            pairs[number] = take()
            repeats += 1
    return {
        "private_to_public": summary([private / public for public, private in pairs]),
        "public_per_second": summary([public for public, _ in pairs]),
        "private_per_second": summary([private for _, private in pairs]),
        "repeats": repeats,
    }


def _lopsided(pairs: Sequence[tuple[float, float]]) -> int | None:
    """Find a pair with a slice below half of the median of its kind.

    Connections that are kept alive stay with the worker that took them: if by chance one took
    nearly all, the other idles, and the slice says nothing about the endpoint.
    """
    floors = [median(kind) / 2 for kind in zip(*pairs, strict=True)]
    for number, pair in enumerate(pairs):
        if any(rate < floor for rate, floor in zip(pair, floors, strict=True)):
            return number
    return None


def _model(site: Site, model: Sequence[str], slices: int) -> dict[str, Figure]:
    """Load the rendered API under a server, its endpoints in turn; return requests per second."""
    with _serving(site, model, "benchmarks.serving:rendered", "/api/public") as server:
        load = _Load(server.url, connections=32)
        load.rate("/api/public")  # warms up
        pairs = [(load.rate("/api/public"), load.rate("/slow")) for _ in range(slices)]
    public, slow = zip(*pairs, strict=True)
    return {"public_per_second": summary(public), "slow_per_second": summary(slow)}


def _memory(site: Site) -> dict[str, float | None]:
    """Weigh a worker (its proportional set size) that has answered, in MiB. Linux only."""
    if not Path("/proc/self/smaps_rollup").exists():
        return {"ours_mib": None, "bare_mib": None, "to_bare": None}
    ours = _worker_mib(site, "benchmarks.serving:rendered", ("/api/public", "/api/private"))
    bare = _worker_mib(site, "benchmarks.serving:bare", ("/api/public",))
    return {"ours_mib": ours, "bare_mib": bare, "to_bare": ours / bare}


def _worker_mib(site: Site, target: str, paths: Sequence[str]) -> float:
    with _serving(site, DEFAULT_MODEL, target, "/api/public") as server:
        load = _Load(server.url, connections=8, token=site.token)
        for path in paths:
            load.rate(path)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        rollups = [Path(f"/proc/{child}/smaps_rollup").read_text() for child in children]
    sizes = [int(kib) for kib in re.findall(r"^Pss: +(\d+) kB", "".join(rollups), re.MULTILINE)]
    return max(sizes) / 1024  # that of a worker which has had its share of the load


def _import_times(site: Site, times: int) -> dict[str, object]:
    """Import in fresh interpreters, each first what the API depends on, then the API; ms."""
    command = [sys.executable, "-c", _TIME_IMPORTS]
    environ = _environ(site)
    runs = []
    for _ in range(times + 1):
        made = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        runs.append([1000 * float(seconds) for seconds in made.stdout.split()])
    dependencies, added = zip(*runs[1:], strict=True)  # the first writes the bytecode
    return {"dependencies": summary(dependencies), "added": summary(added)}


def _environ(site: Site) -> dict[str, str]:
    """The settings of the API, where its code lies, and the trust in the tenant."""
    return user_environ(
        AUTH0_DOMAIN=site.domain,
        AUTH0_AUDIENCE=site.audience,
        PYTHONPATH=os.pathsep.join((str(TEMPLATE), str(site.folder))),
        REQUESTS_CA_BUNDLE=os.environ["REQUESTS_CA_BUNDLE"],
    )


def _wrk_version() -> str:
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return said.partition("[")[0].strip()  # what follows is a copyright; it exits with 1


@dataclass(frozen=True)
class _Server:
    url: str
    pid: int


@contextmanager
def _serving(site: Site, model: Sequence[str], target: str, path: str) -> Iterator[_Server]:
    """Serve a factory of `benchmarks.serving` until the end of the block; `path` answers by then.

    Raises:
        RuntimeError: it does not come up.
    """
    [port] = free_ports(1)
    name, *options = model
    if name == "gunicorn":
        factory = target if target.endswith(")") else f"{target}()"
        options += ["--no-control-socket", "--bind", f"127.0.0.1:{port}", factory]
    else:
        options += ["--interface", "wsgi", "--factory", "--host", "127.0.0.1"]
        options += ["--port", str(port), target]
    command = [sys.executable, "-m", name, "--workers", str(WORKERS), "--log-level", "warning"]
    with (
        tempfile.TemporaryFile() as log,
        running([*command, *options], TEMPLATE, _environ(site), log) as process,
    ):
        server = _Server(f"http://127.0.0.1:{port}", process.pid)
        try:
            _wait_until_up(server.url + path, process)
            yield server
        except RuntimeError as error:
            log.seek(0)
            end = log.read().decode(errors="replace").splitlines()[-15:]
            raise RuntimeError("\n".join((f"{error}; {name} {target} said:", *end))) from None


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the user's has no part in it
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(requests.RequestException):
                session.get(url, timeout=5).raise_for_status()
                return
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer with 200")


@dataclass(frozen=True)
class _Load:
    """As much load as one thread of wrk makes over so many connections that are kept alive."""

    url: str
    connections: int
    token: str = ""

    def rate(self, path: str) -> float:
        """Load for the seconds of a slice; return the requests per second that were answered.

        Raises:
            RuntimeError: some were not answered with 200.
        """
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{SLICE}s"]
        if self.token:
            command += ["-H", f"Authorization: Bearer {self.token}"]
        said = subprocess.run(
            [*command, self.url + path], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        if "Non-2xx" in said:
            raise RuntimeError(f"{path} refuses under load: {said}")
        found = re.search(r"Requests/sec: +([0-9.]+)", said)
        if found is None:
            raise RuntimeError(f"wrk gave no rate: {said}")
        return float(found[1])
