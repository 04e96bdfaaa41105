"""A client that keeps a server busy and records the outcome of each request.

It repeats no request, although RFC 9112 section 9.3.1 allows that: a request without a response,
or with another status than expected, has failed.
"""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from .waiting import wait_until

CLIENT_THREADS = 4
"""At most as many as may wait for the first fetch of a new worker, even on a busy machine."""

PAUSE = 0.005
"""Seconds between two requests of a thread: about 600 requests per second."""

TIMEOUT = 20
"""Seconds to wait for a response."""


@dataclass(frozen=True)
class ExpectedCall:
    """A request and its expected status, or two of them while a setting changes."""

    path: str
    status: int
    token: str | None = None
    method: str = "GET"
    alternative_status: int | None = None


@dataclass(frozen=True)
class CallOutcome:
    """The outcome of a request. `failure` is empty if the response was as expected."""

    call: ExpectedCall
    status: int  # 0 without a response
    port: int  # of the client's end of the connection
    is_reused: bool  # the connection had carried another request before
    began: float
    ended: float
    failure: str


class Connection:
    """A connection to a server on loopback, made by the first request and again after a close."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    @property
    def port(self) -> int:
        """The port of the client's end, 0 while there is no connection."""
        sock: socket.socket | None = self._http.sock
        return int(sock.getsockname()[1]) if sock else 0

    def send(self, call: ExpectedCall) -> CallOutcome:
        headers = {"Authorization": f"Bearer {call.token}"} if call.token else {}
        is_reused, port, failure, began = bool(self.port), 0, "", time.monotonic()
        status = 0
        try:
            if not is_reused:
                self._http.connect()
            port = self.port
            self._http.request(call.method, call.path, headers=headers)
            with self._http.getresponse() as response:
                response.read()
            status = response.status
            if status not in (call.status, call.alternative_status):
                failure = f"{status} instead of {call.status}"
        except (OSError, http.client.HTTPException) as error:
            failure = type(error).__name__
            self.close()
        return CallOutcome(call, status, port, is_reused, began, time.monotonic(), failure)

    def close(self) -> None:
        self._http.close()


@contextmanager
def open_connections(port: int, count: int) -> Iterator[list[Connection]]:
    """Yield connections to a server, and close them at the end of the block."""
    made = [Connection(port) for _ in range(count)]
    try:
        yield made
    finally:
        for connection in made:
            connection.close()


class Traffic:
    """Steady requests: each thread sends all calls in turn.

    With `keep_alive`, half of the threads reuse their connection. All others make a new connection
    for each request.
    """

    def __init__(
        self, port: int, calls: Sequence[ExpectedCall], *, keep_alive: bool = True
    ) -> None:
        self.calls = calls
        self.outcomes: list[CallOutcome] = []
        self._port = port
        self._ended = threading.Event()
        by_thread = [keep_alive and number % 2 == 0 for number in range(CLIENT_THREADS)]
        self._threads = [
            threading.Thread(target=self._send, args=each) for each in enumerate(by_thread)
        ]

    @property
    def failed(self) -> list[CallOutcome]:
        return [one for one in self.outcomes if one.failure]

    def wait_for_calls(self, requests: int = 300) -> None:
        """Wait until this many more requests have an outcome."""
        enough = len(self.outcomes) + requests
        wait_until(lambda: len(self.outcomes) >= enough, f"{requests} requests are sent", 120)

    def figures(self) -> dict[str, object]:
        kinds = Counter((one.failure, one.is_reused) for one in self.failed)
        return {
            "requests": len(self.outcomes),
            "failed": len(self.failed),
            "longest": f"{max(one.ended - one.began for one in self.outcomes) * 1000:.0f} ms",
        } | {
            f"{what}, {('new', 'reused')[is_reused]} connection": n
            for (what, is_reused), n in kinds.items()
        }

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self, turn: int, keep_alive: bool) -> None:
        connection = Connection(self._port)
        while not self._ended.wait(PAUSE):
            calls = self.calls  # a test may replace the calls
            self.outcomes.append(connection.send(calls[turn % len(calls)]))
            turn += 1
            if not keep_alive:
                connection.close()
        connection.close()
