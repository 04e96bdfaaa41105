"""Requests to chosen workers of one gunicorn: a connection stays with the worker that accepted it."""

import http.client
import json
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ..serving import Gunicorn, client_ports
from ..waiting import wait_until
from .proofs import PUBLIC_URL, Request, World, send

PRIVATE = "/api/private"
SETTINGS = {"PUBLIC_URL": PUBLIC_URL, "DPOP": "required", "THREADS": "4"}
PUBLIC = Request(None, None, target="/api/public")


@dataclass(frozen=True)
class Response:
    """A response, and the seconds that it took."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float


class Worker:
    """A connection to one worker, kept for all requests."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self._socket = connection
        self._began = 0.0

    def call(self, request: Request) -> Response:
        """Send a request and wait for its response."""
        self.begin(request)
        self.end()
        return self.response()

    def begin(self, request: Request) -> None:
        """Send a request without its last byte: the worker waits for that."""
        fields = {"Authorization": request.authorization, "DPoP": request.proof}
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        head = [f"{request.method} {request.target} HTTP/1.1", "Host: api.test", *lines, "", ""]
        self._socket.sendall("\r\n".join(head)[:-1].encode())

    def end(self) -> None:
        self._began = time.monotonic()
        self._socket.sendall(b"\n")

    def response(self) -> Response:
        with http.client.HTTPResponse(self._socket) as response:
            response.begin()
            body = response.read()
        seconds = time.monotonic() - self._began
        return Response(response.status, response.headers, body, seconds)


def at_once(workers: Sequence[Worker], request: Request) -> list[int]:
    """Send a request to each worker, the last byte of all of them together; return the statuses."""
    for worker in workers:
        worker.begin(request)
    time.sleep(0.001)  # so that each worker waits for the last byte
    for worker in workers:
        worker.end()
    return [worker.response().status for worker in workers]


def send_alone(server: Gunicorn, request: Request) -> tuple[int, float]:
    """Send a request on a connection of its own; return its status and the seconds it took."""
    began = time.monotonic()
    headers = {"Authorization": request.authorization or "", "DPoP": request.proof or ""}
    return server.get(request.target, **headers).status_code, time.monotonic() - began


@contextmanager
def connected(server: Gunicorn) -> Iterator[list[Worker]]:
    """Connect to each worker of a server, by as many attempts as it takes."""
    pids, found = sorted(server.workers()), dict[int, Worker]()
    with ExitStack() as stack:
        for _ in range(200):
            connection = socket.create_connection(("127.0.0.1", server.port), 20)
            stack.enter_context(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            assert Worker(0, connection).call(PUBLIC).status == 200
            port = connection.getsockname()[1]
            pid = next((pid for pid in pids if port in client_ports(pid)), 0)
            if pid:
                found.setdefault(pid, Worker(pid, connection))
            if len(found) == len(pids):
                yield [found[pid] for pid in pids]
                return
        raise AssertionError(f"of the workers {pids} only {sorted(found)} accept connections")


def proven(world: World, **changed: object) -> Request:
    """A request with a new proof."""
    return send(claims=changed, target=PRIVATE)(world)


def code(response: Response) -> str:
    return str(json.loads(response.body).get("code", ""))


def unavailable(response: Response) -> bool:
    """Return whether a response reports that the replay check is unavailable."""
    return (
        response.status == 503
        and code(response) == "replay_check_unavailable"
        and response.headers["WWW-Authenticate"] is None
        and int(response.headers["Retry-After"]) >= 1
    )


def recovers(world: World, workers: list[Worker]) -> None:
    """Wait until each worker accepts a new proof, and check that it does so once."""

    def recovered() -> bool:
        return {worker.call(proven(world)).status for worker in workers} == {200}

    wait_until(recovered, "the workers accept proofs", 5)
    for _ in range(5):
        request = proven(world)
        assert sorted(at_once(workers, request)) == [200, 401]
