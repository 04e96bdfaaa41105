"""The rendered API as in production: under gunicorn, with the stand-in tenant.

The states of processes come from /proc, which only Linux has.
"""

import importlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests

from .environ import user_environ
from .processes import free_ports, running
from .traffic import ExpectedCall, Traffic
from .waiting import wait_until

AUDIENCE = "https://api.test"
JWKS_PATH = "/.well-known/jwks.json"


class Gunicorn:
    """A running gunicorn."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
        self.process = process
        self.port = port
        self.log_file = log_file

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of the log, each of which must be a JSON object."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def get(self, path: str, timeout: float = 20, /, **headers: str) -> requests.Response:
        return http_get(f"http://127.0.0.1:{self.port}{path}", None, timeout, **headers)

    def workers(self) -> dict[int, str]:
        """Return the states of the workers by process ID, including workers not reaped yet."""
        return child_states(self.process.pid)

    def fetches(self) -> int:
        """Return the number of logged fetches of keys; a worker starts with one."""
        log = self.log_file.read_text()
        assert self.process.poll() is None, log
        return log.count('"messages_api.auth.key_cache"')

    def reload(self) -> None:
        """Send SIGHUP and wait until new workers have replaced all old ones."""
        before, fetches = self.workers(), self.fetches()
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_new_workers(before, len(before))
        wait_until(lambda: self.fetches() == fetches + len(before), "the new workers are up")

    def wait_for_new_workers(self, before: dict[int, str], new: int) -> None:
        def are_there() -> bool:
            now = self.workers()
            return len(now) == len(before) and len(now.keys() - before.keys()) == new

        wait_until(are_there, f"{new} of the workers {sorted(before)} are replaced")

    def stop(self) -> float:
        """Send SIGTERM and wait until gunicorn exits; return the seconds that this took."""
        start = time.monotonic()
        self.process.terminate()
        self.process.wait(60)
        return time.monotonic() - start


class Api:
    """A project that a test can serve several times, and its tenant."""

    def __init__(self, project: Path, tenant: Any, folder: Path) -> None:
        """`folder` is the test's own, for logs and copies."""
        self.tenant = tenant
        self._folder = folder
        self._served = project
        self._gunicorn = str(project / ".venv/bin/gunicorn")
        self._numbers = itertools.count()
        self._tenant_up = ExitStack()

    def start_tenant(self) -> None:
        """Start the tenant, at the same address each time."""
        self._tenant_up.enter_context(self.tenant)

    def stop_tenant(self) -> None:
        self._tenant_up.close()

    def copy(self) -> Path:
        """Serve a copy of the project from now on; return the copy, which a test may edit."""
        project, self._served = self._served, self._folder / "copy"
        shutil.copytree(project, self._served, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return self._served

    @contextmanager
    def served(
        self,
        *,
        workers: int = 2,
        port: int | None = None,
        environ: Mapping[str, str | None] | None = None,
    ) -> Iterator[Gunicorn]:
        """Serve the project, by default on a free port, once each worker has fetched the keys.

        `environ` adds variables; None removes one, so that `.env` can set it. At the end the server
        is killed, since a graceful shutdown takes up to 2 s.
        """
        port = port or free_ports(1)[0]
        usual = self._environ(PORT=str(port), WEB_CONCURRENCY=str(workers))
        settings = {k: v for k, v in {**usual, **(environ or {})}.items() if v is not None}
        log_file = self._folder / f"gunicorn-{next(self._numbers)}.log"

        with (
            log_file.open("wb") as log,
            running([self._gunicorn], self._served, settings, log, seconds=0) as process,
        ):
            server = Gunicorn(process, port, log_file)
            wait_until(lambda: server.fetches() == workers, "gunicorn is up")
            yield server

    def run(self, *options: str) -> tuple[int, str]:
        """Run gunicorn until it exits; return its exit status and output."""
        with running([self._gunicorn, *options], self._served, self._environ()) as process:
            output = process.communicate(timeout=60)[0]
            return process.returncode, output.decode()

    def _environ(self, **more: str) -> dict[str, str]:
        """Return the environment of the API, which trusts the tenant's CA."""
        return user_environ(
            AUTH0_DOMAIN=self.tenant.domain,
            AUTH0_AUDIENCE=AUDIENCE,
            REQUESTS_CA_BUNDLE=str(self.tenant.ca_file),
            NO_PROXY="localhost",
            no_proxy="localhost",
            **more,
        )

    def calls(self) -> list[ExpectedCall]:
        """Return a public call, a private one with a valid token, and a private one without."""
        token = self.tenant.token()
        public, private = "/api/public", "/api/private"
        return [
            ExpectedCall(public, 200),
            ExpectedCall(private, 200, token),
            ExpectedCall(private, 401),
        ]


@contextmanager
def api_with_tenant(project: Path, api_folder: Path, folder: Path) -> Iterator[Api]:
    """Yield a project with a running tenant, whose code is imported from `api_folder`."""
    assert str(api_folder) in sys.path
    tenant = importlib.import_module("rendered_conftest").OwnTenant(folder / "tenant")
    api = Api(project, tenant, folder)
    api.start_tenant()
    try:
        yield api
    finally:
        api.stop_tenant()


@contextmanager
def unresponsive_tenant(api: Api, server: Gunicorn) -> Iterator[list[Future[requests.Response]]]:
    """Make the tenant unresponsive while 24 requests with an unknown key ID wait for it.

    Yield the requests once 20 of them have a response. The tenant responds after the block.
    """
    header, claims = {"alg": "RS256", "kid": "made-up"}, {"iss": api.tenant.issuer}
    token = api.tenant.signing_key.sign(header, claims)
    responds = Event()
    with ThreadPoolExecutor(24) as pool:
        api.tenant.fault = lambda: responds.wait(20) and None
        sent = [
            pool.submit(server.get, "/api/private", Authorization=f"Bearer {token}")
            for _ in range(24)
        ]
        try:
            wait_until(lambda: sum(each.done() for each in sent) >= 20, "20 have a response")
            yield sent
        finally:
            responds.set()


def http_get(
    url: str, ca_file: Path | None = None, timeout: float = 20, /, **headers: str
) -> requests.Response:
    """Send a GET request and close the connection: a stopping server would wait for it."""
    with requests.Session() as session:
        session.trust_env = False  # without the user's proxy
        session.verify = str(ca_file) if ca_file else True
        return session.get(url, headers=headers | {"Connection": "close"}, timeout=timeout)


def child_states(pid: int) -> dict[int, str]:
    """Return the states of the children of a process by process ID."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child): process_state(int(child)) for child in listed}


def process_state(pid: int) -> str:
    """Return the state of a process as in ps(1): T is stopped, Z has exited but is not reaped."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def freeze_process(pid: int) -> set[int]:
    """Suspend a process with SIGSTOP; return its clients' ports as `client_ports` does."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: process_state(pid) == "T", f"process {pid} is stopped")
    return client_ports(pid)


def client_ports(pid: int) -> set[int]:
    """Return the ports at the clients' end of the TCP connections of a process."""
    files = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed just now
            files.add(os.readlink(file))
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    ports = {int(row[2].partition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in files}
    return ports - {0}  # of a listening socket


def report_figures(
    request: pytest.FixtureRequest, traffic: Traffic | None = None, /, **more: object
) -> None:
    """Report the figures of a test: `pytest -q -rP` shows them."""
    figures = (traffic.figures() if traffic else {}) | more
    request.node.user_properties.extend(figures.items())
    lines = (f"{name}: {value}" for name, value in figures.items())
    print(request.node.name, *lines, sep="\n  ")
