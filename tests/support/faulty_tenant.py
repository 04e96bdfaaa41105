"""A tenant with faults on real sockets, including faults of TLS and of its name server.

A connection handler decides what the tenant does with a connection. A responder decides what it
sends after the TLS handshake and a request.
"""

import gzip
import json
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Self

import trustme

ConnectionHandler = Callable[[socket.socket, threading.Event], None]
Responder = Callable[[ssl.SSLSocket, threading.Event], None]


class FaultyTenant:
    """A tenant on one port of loopback that can respond properly or have a fault.

    `keys` are the keys of its JWKS. `connections` counts the connections that it has accepted.
    """

    def __init__(
        self,
        authority: trustme.CA,
        host: str = "localhost",
        name_server: "NameServer | None" = None,
    ) -> None:
        """`authority` signs the certificate for `host`; `name_server` resolves it, if given."""
        self.authority = authority
        self.name_server = name_server
        self.keys: list[object] = []
        self.connections = 0
        self._host = host
        self._valid_context = server_context(authority, host)
        self._listener: socket.socket | None = None
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._fillers: list[socket.socket] = []
        self._port_reservation = socket.socket()  # bound: no other program gets the port
        self._port_reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._port_reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._port_reservation.bind(("127.0.0.1", 0))
        self._port: int = self._port_reservation.getsockname()[1]
        self.domain = f"{host}:{self._port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse_connections()
        self._port_reservation.close()
        if self.name_server:
            self.name_server.release_queries()

    @property
    def jwks(self) -> bytes:
        return json.dumps({"keys": self.keys}).encode()

    def respond_properly(self) -> None:
        """Serve the JWKS properly, and resolve the host name."""
        if self.name_server:
            self.name_server.reply = NameServer.loopback
        self.respond_with(send_all(http_response(200, self.jwks, "Content-Type: application/json")))

    def respond_with(self, responder: Responder, context: ssl.SSLContext | None = None) -> None:
        """Respond over TLS, with the certificate of `context` instead of the valid one if given."""
        self.handle_with(respond_over_tls(context or self._valid_context, responder))

    def change_certificate(self, authority: trustme.CA, host: str, days_left: int) -> None:
        """Serve the JWKS properly, but with a certificate of this authority, host and validity."""
        context = server_context(authority, host, days_left)
        self.respond_with(send_all(http_response(200, self.jwks)), context)

    def handle_with(self, handler: ConnectionHandler) -> None:
        """Accept every connection, and pass it to the handler."""
        self.refuse_connections()
        self._ended = ended = threading.Event()
        self._listener = listener = self._listen(128)
        listener.settimeout(0.02)

        def accept() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    self.connections += 1
                    self._start(_handle, connection, handler, ended)

        self._start(accept)

    def refuse_connections(self) -> None:
        """Stop listening, and close all connections. New connections are refused."""
        self._ended.set()
        for thread in self._threads:
            thread.join(10)
        for filler in self._fillers:
            filler.close()
        if self._listener:
            _close_listener(self._listener)
        self._threads, self._fillers, self._listener = [], [], None

    def fill_backlog(self) -> None:
        """Listen with a full backlog and accept nothing: connections are never established."""
        self.refuse_connections()
        self._listener = self._listen(0)
        while True:
            filler = socket.socket()
            self._fillers.append(filler)
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self._port))
            if not select.select([], [filler], [], 0.1)[1]:
                return

    def _listen(self, backlog: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", self._port), backlog=backlog, reuse_port=True)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()


def _close_listener(listener: socket.socket) -> None:
    """Close a listener, and first the connections it has not accepted, which it would reset.

    If a connection is reset before the TLS handshake, Python 3.11 and 3.12 leave the client's
    socket open, and its ResourceWarning would fail a test.
    """
    listener.setblocking(False)
    with listener, suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()


def _handle(connection: socket.socket, handler: ConnectionHandler, ended: threading.Event) -> None:
    with connection, suppress(OSError):  # the client may close the connection at any time
        connection.settimeout(15)
        handler(connection, ended)


def server_context(authority: trustme.CA, host: str, days_left: int = 9) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate, which has expired if days are negative."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=99), now + timedelta(days=days_left)
    authority.issue_cert(host, not_before=begin, not_after=end).configure_cert(context)
    return context


def send_nothing(_: socket.socket, ended: threading.Event) -> None:
    """Keep the connection open and send nothing."""
    ended.wait()


def respond_over_tls(context: ssl.SSLContext, responder: Responder) -> ConnectionHandler:
    """Do the TLS handshake, read the headers of a request, and respond."""

    def handle(connection: socket.socket, ended: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            request = b""
            while b"\r\n\r\n" not in request:
                received = tls.recv(65536)
                if not received:
                    return
                request += received
            responder(tls, ended)

    return handle


def http_response(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Return a complete response with `Content-Length` and `Connection: close`."""
    usual = (f"Content-Length: {len(body)}", "Connection: close")
    head = "\r\n".join([f"HTTP/1.1 {status} Reason", *usual, *headers])
    return head.encode() + b"\r\n\r\n" + body


def send_all(data: bytes) -> Responder:
    """Send all data and close the connection."""
    return lambda tls, _: tls.sendall(data)


def send_slowly(first: bytes, pieces: Sequence[bytes]) -> Responder:
    """Send the first part at once, then one piece per second, starting over after the last."""

    def respond(tls: ssl.SSLSocket, ended: threading.Event) -> None:
        tls.sendall(first)
        for piece in cycle(pieces):
            if ended.wait(1):
                return
            tls.sendall(piece)

    return respond


def send_and_stall(data: bytes) -> Responder:
    """Send the data, then nothing more, and keep the connection open."""

    def respond(tls: ssl.SSLSocket, ended: threading.Event) -> None:
        tls.sendall(data)
        ended.wait()

    return respond


def send_and_reset(data: bytes) -> Responder:
    """Send the data, wait 0.1 s until the client has read it, and reset the connection (RST)."""

    def respond(tls: ssl.SSLSocket, ended: threading.Event) -> None:
        tls.sendall(data)
        ended.wait(0.1)
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return respond


@cache
def gzip_bomb() -> bytes:
    """Return 1 MB that decompresses to 1 GB."""
    return gzip.compress(bytes(2**24)) * 64


@cache
def nested_gzip_bomb() -> bytes:
    """Return a few KB that decompress to 1 MB that decompresses to 1 GB."""
    return gzip.compress(gzip_bomb())


class NameServer:
    """A name server on UDP. `reply` returns the response to a query, or None; tests replace it."""

    def __init__(self, address: tuple[str, int] = ("127.0.0.1", 53)) -> None:
        self.reply: Callable[[bytes], bytes | None] = NameServer.loopback
        self._pending: list[tuple[bytes, tuple[str, int]]] = []
        self._released, self._ended = threading.Event(), threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def release_queries(self) -> None:
        """From now on, respond to every query that no such name exists, including pending ones."""
        self._released.set()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            if self._released.is_set():
                self.reply = NameServer.no_such_name
                while self._pending:
                    query, sender = self._pending.pop()
                    self._socket.sendto(NameServer.no_such_name(query), sender)
            with suppress(TimeoutError):
                query, sender = self._socket.recvfrom(512)
                reply = self.reply(query)
                if reply is None:
                    self._pending.append((query, sender))
                else:
                    self._socket.sendto(reply, sender)

    @staticmethod
    def no_reply(_: bytes) -> None:
        """Do not respond to a query."""

    @staticmethod
    def no_such_name(query: bytes) -> bytes:
        """Respond that the name does not exist (RFC 1035 section 4.1.1: response code 3)."""
        return NameServer._head(query, 0x8183, answers=0) + NameServer._question(query)

    @staticmethod
    def loopback(query: bytes) -> bytes:
        """Resolve every name to 127.0.0.1, with a TTL of zero (RFC 1035 section 4.1.3)."""
        question = NameServer._question(query)
        if question[-4:] != struct.pack(">HH", 1, 1):
            return NameServer._head(query, 0x8180, answers=0) + question
        record = struct.pack(">HHHIH4s", 0xC00C, 1, 1, 0, 4, socket.inet_aton("127.0.0.1"))
        return NameServer._head(query, 0x8180, answers=1) + question + record

    @staticmethod
    def _head(query: bytes, flags: int, answers: int) -> bytes:
        return query[:2] + struct.pack(">HHHHH", flags, 1, answers, 0, 0)

    @staticmethod
    def _question(query: bytes) -> bytes:
        end = query.index(b"\0", 12) + 5
        return query[12:end]


def isolated_command(folder: Path, *argv: str) -> list[str]:
    """Return a command line that runs a command in its own network and mount namespaces.

    The network consists of loopback, and names are resolved only at 127.0.0.1, with a timeout of
    30 s. This needs Linux and a permission that not every user has: try it with "true".
    """
    resolv = "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n"
    (folder / "resolv.conf").write_text(resolv, encoding="ascii")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n", encoding="ascii")
    script = (
        'mount --bind "$0/resolv.conf" /etc/resolv.conf'
        ' && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf'
        ' && ip link set lo up && exec "$@"'
    )
    return [*_NAMESPACES, "sh", "-c", script, str(folder), *argv]


_NAMESPACES = ("unshare", "--map-root-user", "--mount", "--net")
