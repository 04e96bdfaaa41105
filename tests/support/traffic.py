"""A client that keeps a server busy and records the outcome of each request.

It repeats no request, although RFC 9112 section 9.3.1 allows that: a request without a response,
or with another status than expected, has failed.
"""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

THREADS = 4
"""As many as may wait for the first fetch of a new worker's keys, even on a busy machine."""

PAUSE = 0.005
"""Seconds between two requests of a thread, which is some 600 a second in all."""

TIMEOUT = 20
"""Seconds that a request waits for its response."""


@dataclass(frozen=True)
class Call:
    """A request, and the status that is expected: one of two, while a setting changes."""

    path: str
    status: int
    token: str | None = None
    method: str = "GET"
    or_status: int | None = None


@dataclass(frozen=True)
class Seen:
    """The outcome of a request. `failure` is empty if the response was as expected."""

    call: Call
    status: int  # 0 without a response
    port: int  # of the client's end of the connection
    kept: bool  # the connection had carried another request before
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

    def send(self, call: Call) -> Seen:
        headers = {"Authorization": f"Bearer {call.token}"} if call.token else {}
        kept, port, failure, began = bool(self.port), 0, "", time.monotonic()
        status = 0
        try:
            if not kept:
                self._http.connect()
            port = self.port
            self._http.request(call.method, call.path, headers=headers)
            with self._http.getresponse() as response:
                response.read()
            status = response.status
            if status not in (call.status, call.or_status):
                failure = f"{status} instead of {call.status}"
        except (OSError, http.client.HTTPException) as error:
            failure = type(error).__name__
            self.close()
        return Seen(call, status, port, kept, began, time.monotonic(), failure)

    def close(self) -> None:
        self._http.close()


@contextmanager
def connections(port: int, count: int) -> Iterator[list[Connection]]:
    made = [Connection(port) for _ in range(count)]
    try:
        yield made
    finally:
        for connection in made:
            connection.close()


class Traffic:
    """Steady requests, each thread going through all calls in turn.

    Half of the threads keep their connections. The others, and without `keep` all of them, make a
    new connection for each request.
    """

    def __init__(self, port: int, calls: Sequence[Call], *, keep: bool = True) -> None:
        self.calls = calls
        self.seen: list[Seen] = []
        self._port = port
        self._ended = threading.Event()
        kept = [keep and number % 2 == 0 for number in range(THREADS)]
        self._threads = [threading.Thread(target=self._send, args=each) for each in enumerate(kept)]

    @property
    def failed(self) -> list[Seen]:
        return [one for one in self.seen if one.failure]

    def go_on(self, requests: int = 300) -> None:
        """Wait for the outcomes of so many more requests."""
        enough = len(self.seen) + requests
        eventually(lambda: len(self.seen) >= enough, f"{requests} requests are sent", 120)

    def figures(self) -> dict[str, object]:
        kinds = Counter((one.failure, one.kept) for one in self.failed)
        return {
            "requests": len(self.seen),
            "failed": len(self.failed),
            "longest": f"{max(one.ended - one.began for one in self.seen) * 1000:.0f} ms",
        } | {f"{what}, {('new', 'kept')[kept]} connection": n for (what, kept), n in kinds.items()}

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self, turn: int, keep: bool) -> None:
        connection = Connection(self._port)
        while not self._ended.wait(PAUSE):
            calls = self.calls  # a test may replace them
            self.seen.append(connection.send(calls[turn % len(calls)]))
            turn += 1
            if not keep:
                connection.close()
        connection.close()


def eventually(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait for a condition that another process or thread fulfills."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it took more than {seconds} s until {what}"
        time.sleep(0.02)
