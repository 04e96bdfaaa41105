"""Servers that are measured, each in a process group that ends with the measurement."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import free_ports, running

from .testbed import Testbed

WORKERS = 2

GTHREAD = ("gunicorn", "--worker-class", "gthread", "--threads")
FOUR_THREADS = (*GTHREAD, "4")
# The threads and the keep-alive time of the rendered gunicorn.conf.py.
_PRODUCTION = (*GTHREAD, "8", "--keep-alive", "75")
# Workers that share a socket get connections by chance, which then decides the rate more than the
# endpoint does: the ratio of two rates varies by a factor of two and more.
SOCKET_PER_WORKER = (*FOUR_THREADS, "--reuse-port")
EIGHT_THREADS = (*_PRODUCTION, "--reuse-port")


@dataclass(frozen=True)
class Server:
    """A running server. Its workers are the children of process `pid`."""

    url: str
    pid: int


@contextmanager
def start_server(
    testbed: Testbed, command: Sequence[str], factory: str, path: str
) -> Iterator[Server]:
    """Serve an app of `served_apps` until the end of the block, once `path` responds.

    `command` is gunicorn or granian with options; `factory` is a call such as `rendered_api()`.

    Raises:
        RuntimeError: the server does not start, or the block raises it; with the server's output.
    """
    [port] = free_ports(1)
    arguments = _arguments(command, f"{__package__}.served_apps:{factory}", port)
    with (
        tempfile.TemporaryFile() as log,
        running(arguments, TEMPLATE, server_environ(testbed), log) as process,
    ):
        server = Server(f"http://127.0.0.1:{port}", process.pid)
        try:
            _wait_until_responding(server.url + path, process)
            yield server
        except RuntimeError as error:
            log.seek(0)
            lines = log.read().decode(errors="replace").splitlines()[-15:]
            raise RuntimeError("\n".join((f"{error}; output of {command[0]}:", *lines))) from None


def _arguments(command: Sequence[str], factory: str, port: int) -> list[str]:
    arguments = [
        sys.executable,
        "-m",
        *command,
        "--workers",
        str(WORKERS),
        "--log-level",
        "warning",
    ]
    if command[0] == "gunicorn":
        return [*arguments, "--no-control-socket", "--bind", f"127.0.0.1:{port}", factory]
    address = ("--host", "127.0.0.1", "--port", str(port))
    return [*arguments, "--interface", "wsgi", *address, "--factory", factory.removesuffix("()")]


def _wait_until_responding(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not responds(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{url} did not respond")
        time.sleep(0.05)


def responds(url: str) -> bool:
    """Return whether a URL responds with a status below 400."""
    try:
        urlopen(url, timeout=5).close()  # noqa: S310, an address of loopback
    except OSError:
        return False
    return True


def server_environ(testbed: Testbed) -> dict[str, str]:
    """Return an environment with the API's settings, its import path, and the tenant's CA."""
    return user_environ(
        AUTH0_DOMAIN=testbed.domain,
        AUTH0_AUDIENCE=testbed.audience,
        PYTHONPATH=os.pathsep.join((str(TEMPLATE), str(testbed.project))),
        REQUESTS_CA_BUNDLE=str(testbed.tenant.ca_file),
    )
