"""The rendered API as in production: under its own gunicorn, beside the stand-in tenant.

What is asked of processes comes out of /proc, and so needs Linux.
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from .environ import user_environ
from .processes import free_ports, running
from .traffic import Call, Traffic, eventually

AUDIENCE = "https://api.test"
KEY_SET = "/.well-known/jwks.json"


class Gunicorn:
    """A gunicorn that runs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
        self.process = process
        self.port = port
        self.log_file = log_file

    def log(self) -> list[dict[str, Any]]:
        """What it has said, each line of which has to be a JSON object."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def get(self, path: str, timeout: float = 20, /, **headers: str) -> requests.Response:
        return get(f"http://127.0.0.1:{self.port}{path}", None, timeout, **headers)

    def workers(self) -> dict[int, str]:
        """Their states, by process ID. One that has ended counts until it is waited for."""
        return children(self.process.pid)

    def fetches(self) -> int:
        """How often a worker has asked for the keys, which it does as soon as it is up."""
        said = self.log_file.read_text()
        assert self.process.poll() is None, said
        return said.count('"messages_api.auth.key_cache"')

    def reload(self) -> None:
        """Send it a HUP, and wait until as many new workers are up and none of the old is left."""
        before, fetches = self.workers(), self.fetches()
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_new_workers(before, len(before))
        eventually(lambda: self.fetches() == fetches + len(before), "the new workers are up")

    def wait_for_new_workers(self, before: dict[int, str], new: int) -> None:
        def are_there() -> bool:
            now = self.workers()
            return len(now) == len(before) and len(now.keys() - before.keys()) == new

        eventually(are_there, f"{new} of the workers {sorted(before)} are replaced")

    def stop(self) -> float:
        """Send it a TERM, and wait for its end; return the seconds that it has taken."""
        told = time.monotonic()
        self.process.terminate()
        self.process.wait(60)
        return time.monotonic() - told


class Api:
    """The project, to be served as often as a test likes, and its tenant."""

    def __init__(self, project: Path, tenant: Any, folder: Path) -> None:
        """`folder` is the test's own, for what is written."""
        self.tenant = tenant
        self._folder = folder
        self._served = project
        self._gunicorn = str(project / ".venv/bin/gunicorn")
        self._numbers = itertools.count()
        self._tenant_up = ExitStack()

    def start_tenant(self) -> None:
        """It has the same address each time."""
        self._tenant_up.enter_context(self.tenant)

    def stop_tenant(self) -> None:
        self._tenant_up.close()

    def copy(self) -> Path:
        """Serve a copy of the project's sources from now on; return it, to be edited."""
        project, self._served = self._served, self._folder / "copy"
        shutil.copytree(project, self._served, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return self._served

    @contextmanager
    def served(
        self, *, workers: int = 2, port: int | None = None, environ: dict[str, str] | None = None
    ) -> Iterator[Gunicorn]:
        """Serve it, on a free port unless one is named, once each worker has asked for the keys."""
        port = port or free_ports(1)[0]
        settings = self._environ(PORT=str(port), WEB_CONCURRENCY=str(workers)) | (environ or {})
        log_file = self._folder / f"gunicorn-{next(self._numbers)}.log"

        with (
            log_file.open("wb") as log,
            running([self._gunicorn], self._served, settings, stdout=log) as process,
        ):
            server = Gunicorn(process, port, log_file)
            eventually(lambda: server.fetches() == workers, "gunicorn is up")
            yield server

    def run(self, *options: str) -> tuple[int, str]:
        """Run gunicorn to its end; return its exit code and what it has said."""
        with running([self._gunicorn, *options], self._served, self._environ()) as process:
            said = process.communicate(timeout=60)[0]
            return process.returncode, said.decode()

    def _environ(self, **more: str) -> dict[str, str]:
        """The settings. None is about TLS: the tenant is trusted by its CA alone."""
        return user_environ(
            AUTH0_DOMAIN=self.tenant.domain,
            AUTH0_AUDIENCE=AUDIENCE,
            REQUESTS_CA_BUNDLE=str(self.tenant.ca_file),
            NO_PROXY="localhost",
            no_proxy="localhost",
            **more,
        )

    def calls(self) -> list[Call]:
        """One for anyone, one with a good token, one without."""
        token = self.tenant.token()
        public, private = "/api/public", "/api/private"
        return [Call(public, 200), Call(private, 200, token), Call(private, 401)]


@contextmanager
def beside_tenant(project: Path, api_folder: Path, folder: Path) -> Iterator[Api]:
    """The API, its tenant up. `api_folder` is where the tenant's code is imported from."""
    assert str(api_folder) in sys.path
    tenant = importlib.import_module("local_auth0").Tenant(folder / "tenant", 0, AUDIENCE)
    api = Api(project, tenant, folder)
    api.start_tenant()
    try:
        yield api
    finally:
        api.stop_tenant()


def get(
    url: str, ca_file: Path | None = None, timeout: float = 20, /, **headers: str
) -> requests.Response:
    """Get a page. The connection is not kept, or a server that stops would wait for it."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the user's has no part in it
        session.verify = str(ca_file) if ca_file else True
        return session.get(url, headers=headers | {"Connection": "close"}, timeout=timeout)


def children(pid: int) -> dict[int, str]:
    """The states of a process's children, by process ID."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child): state(int(child)) for child in listed}


def state(pid: int) -> str:
    """T of a process that is stopped, Z of one that has ended and is not waited for, and so on."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def freeze(pid: int) -> set[int]:
    """Stop a process where it is; return the ports at the other end of its TCP connections."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: state(pid) == "T", f"process {pid} is stopped")
    return peers(pid)


def peers(pid: int) -> set[int]:
    """The ports at the other end of a process's TCP connections."""
    files = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed just now
            files.add(os.readlink(file))
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    ports = {int(row[2].partition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in files}
    return ports - {0}  # which is that of a socket that listens


def report(
    request: pytest.FixtureRequest, traffic: Traffic | None = None, /, **more: object
) -> None:
    """Tell what a test has seen: `pytest -q -rP` shows it."""
    figures = (traffic.figures() if traffic else {}) | more
    request.node.user_properties.extend(figures.items())
    lines = (f"{name}: {value}" for name, value in figures.items())
    print(request.node.name, *lines, sep="\n  ")
