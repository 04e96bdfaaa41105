"""Tenants that misbehave on real sockets, down to the TLS below them and the name server beside.

A conduct is what a tenant does with one connection, an answer what it sends after a request.
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

Conduct = Callable[[socket.socket, threading.Event], None]
Answer = Callable[[ssl.SSLSocket, threading.Event], None]


class FaultyTenant:
    """A tenant on one port of loopback that changes its conduct, and is well in between.

    `keys` is the key set that it serves when it is well. `connections` counts what it accepted.
    """

    def __init__(
        self, authority: trustme.CA, host: str = "localhost", names: "NameServer | None" = None
    ) -> None:
        """`authority` signs the certificate for `host`; `names`: its name server, if it has one."""
        self.authority = authority
        self.names = names
        self.keys: list[object] = []
        self.connections = 0
        self._host = host
        self._good = server_context(authority, host)
        self._listener: socket.socket | None = None
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._plugs: list[socket.socket] = []
        self._claim = socket.socket()  # bound and never listening: nobody else is given the port
        self._claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._claim.bind(("127.0.0.1", 0))
        self._port: int = self._claim.getsockname()[1]
        self.domain = f"{host}:{self._port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._claim.close()
        if self.names:
            self.names.let_go()

    @property
    def key_set(self) -> bytes:
        return json.dumps({"keys": self.keys}).encode()

    def be_well(self) -> None:
        """Serve `keys` properly, names included."""
        if self.names:
            self.names.reply = NameServer.loopback
        self.answer(whole(http(200, self.key_set, "Content-Type: application/json")))

    def answer(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        """Give this answer over TLS, with the certificate of another context if there is one."""
        self.conduct(over_tls(context or self._good, answer))

    def certify(self, authority: trustme.CA, host: str, days_left: int) -> None:
        """Serve the keys properly, but under a certificate of this authority, host and validity."""
        context = server_context(authority, host, days_left)
        self.answer(whole(http(200, self.key_set)), context)

    def conduct(self, conduct: Conduct) -> None:
        """Accept every connection, and do this with each."""
        self.refuse()
        self._ended = ended = threading.Event()
        self._listener = listener = self._listen(128)
        listener.settimeout(0.02)

        def accept() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    self.connections += 1
                    self._start(_served, connection, conduct, ended)

        self._start(accept)

    def refuse(self) -> None:
        """End what is under way and listen no more: connections are refused."""
        self._ended.set()
        for thread in self._threads:
            thread.join(10)
        for sock in (*self._plugs, self._listener):
            if sock is not None:
                sock.close()
        self._threads, self._plugs, self._listener = [], [], None

    def plug(self) -> None:
        """Listen, but accept nothing and keep the queue full: connections are never made."""
        self.refuse()
        self._listener = self._listen(0)
        while True:
            plug = socket.socket()
            self._plugs.append(plug)
            plug.setblocking(False)
            plug.connect_ex(("127.0.0.1", self._port))
            if not select.select([], [plug], [], 0.1)[1]:
                return

    def _listen(self, backlog: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", self._port), backlog=backlog, reuse_port=True)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()


def _served(connection: socket.socket, conduct: Conduct, ended: threading.Event) -> None:
    with connection, suppress(OSError):  # a client that turns away is none of our business
        connection.settimeout(15)
        conduct(connection, ended)


def server_context(authority: trustme.CA, host: str, days_left: int = 9) -> ssl.SSLContext:
    """What serves TLS under a certificate for the host; it has expired if the days are negative."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=99), now + timedelta(days=days_left)
    authority.issue_cert(host, not_before=begin, not_after=end).configure_cert(context)
    return context


def silence(_: socket.socket, ended: threading.Event) -> None:
    """Say nothing, and keep the connection."""
    ended.wait()


def over_tls(context: ssl.SSLContext, answer: Answer) -> Conduct:
    """Shake hands, read a request to its end, answer."""

    def conduct(connection: socket.socket, ended: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            request = b""
            while b"\r\n\r\n" not in request:
                received = tls.recv(65536)
                if not received:
                    return
                request += received
            answer(tls, ended)

    return conduct


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer; it says how long its body is and that nothing follows."""
    usual = (f"Content-Length: {len(body)}", "Connection: close")
    head = "\r\n".join([f"HTTP/1.1 {status} Said So", *usual, *headers])
    return head.encode() + b"\r\n\r\n" + body


def whole(data: bytes) -> Answer:
    """Send it all and close."""
    return lambda tls, _: tls.sendall(data)


def dripping(at_once: bytes, drops: Sequence[bytes]) -> Answer:
    """Send one part at once, then drop by drop, a second apart, over and over."""

    def answer(tls: ssl.SSLSocket, ended: threading.Event) -> None:
        tls.sendall(at_once)
        for drop in cycle(drops):
            if ended.wait(1):
                return
            tls.sendall(drop)

    return answer


def stalled(data: bytes) -> Answer:
    """Send a part, and then nothing more."""

    def answer(tls: ssl.SSLSocket, ended: threading.Event) -> None:
        tls.sendall(data)
        ended.wait()

    return answer


def reset(data: bytes) -> Answer:
    """Send a part, and reset the connection (RST) when it has surely been read."""

    def answer(tls: ssl.SSLSocket, ended: threading.Event) -> None:
        tls.sendall(data)
        ended.wait(0.1)
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


@cache
def gzip_bomb() -> bytes:
    """One MB that decompresses to one GB."""
    return gzip.compress(bytes(2**24)) * 64


@cache
def nested_gzip_bomb() -> bytes:
    """Some KB that decompress to one MB that decompresses to one GB."""
    return gzip.compress(gzip_bomb())


class NameServer:
    """A name server on UDP; `reply` makes its answer to a query, or none. It may be changed."""

    def __init__(self, address: tuple[str, int] = ("127.0.0.1", 53)) -> None:
        self.reply: Callable[[bytes], bytes | None] = NameServer.loopback
        self._unanswered: list[tuple[bytes, tuple[str, int]]] = []
        self._lets_go, self._ended = threading.Event(), threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def let_go(self) -> None:
        """Know no name from now on, and tell that to whoever still waits for an answer."""
        self._lets_go.set()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            if self._lets_go.is_set():
                self.reply = NameServer.no_such_name
                while self._unanswered:
                    query, sender = self._unanswered.pop()
                    self._socket.sendto(NameServer.no_such_name(query), sender)
            with suppress(TimeoutError):
                query, sender = self._socket.recvfrom(512)
                reply = self.reply(query)
                if reply is None:
                    self._unanswered.append((query, sender))
                else:
                    self._socket.sendto(reply, sender)

    @staticmethod
    def nothing(_: bytes) -> None:
        """Leave a query without a reply."""

    @staticmethod
    def no_such_name(query: bytes) -> bytes:
        """RFC 1035 section 4.1.1: response code 3."""
        return NameServer._head(query, 0x8183, answers=0) + NameServer._question(query)

    @staticmethod
    def loopback(query: bytes) -> bytes:
        """Every name has one IPv4 address, 127.0.0.1, good for no time (RFC 1035 section 4.1.3)."""
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


def in_own_namespace(folder: Path, *argv: str) -> list[str]:
    """The command line that runs a command where loopback and one name server are all there is.

    It has a network of its own, and mounts of its own in which names are asked for at
    127.0.0.1, patiently. Linux alone has this, and not for everyone: try it with "true".
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
