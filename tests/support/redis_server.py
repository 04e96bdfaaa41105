"""A real redis-server on loopback, without persistence, that a test can stop, freeze and fill."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from .environ import user_environ
from .processes import free_ports, running
from .programs import require_program
from .waiting import wait_until

PASSWORD = "s3cret-of-redis"  # noqa: S105  # of a server that only this test run has

Reply = str | int | list["Reply"] | None


class RedisServer:
    """Listens on one port, each time it is started."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(1)[0]
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self._folder = folder
        self._up = ExitStack()

    def start(self) -> None:
        """Start it, empty, and wait until it responds."""
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        options |= {"dir": self._folder, "requirepass": PASSWORD, "loglevel": "warning"}
        command = [require_program("redis-server")]
        command += [text for name, value in options.items() for text in (f"--{name}", str(value))]
        with (self._folder / "redis.log").open("ab") as log:
            server = running(command, self._folder, user_environ(), log, seconds=1)
            self._process = self._up.enter_context(server)
        wait_until(self._responds, "Redis responds")

    def stop(self) -> None:
        self._up.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Keep it from responding: connections are made, and nothing is read from them."""
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    def send(self, *commands: str) -> list[Reply]:
        """Send commands such as `CONFIG SET maxmemory 1`, and return the replies."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            replies = []
            with connection.makefile("rb") as file:
                for command in (f"AUTH {PASSWORD}", *commands):
                    connection.sendall(f"{command}\r\n".encode())
                    replies.append(_read(file))
        return replies[1:]

    def _responds(self) -> bool:
        try:
            return self.send("PING") == ["PONG"]
        except OSError:
            return False


def _read(file: BinaryIO) -> Reply:
    """Read a reply of the protocol RESP2. Raises ValueError if it is an error."""
    line = file.readline().decode().rstrip("\r\n")
    kind, text = line[:1], line[1:]
    if kind == "-":
        raise ValueError(text)
    if kind == ":":
        return int(text)
    if kind == "$":
        return file.read(int(text) + 2)[:-2].decode("latin-1") if text != "-1" else None
    if kind == "*":
        return [_read(file) for _ in range(int(text))]
    return text


class NotRedis:
    """A server that replies to each command with the same bytes, which a test may change."""

    def __init__(self) -> None:
        self.reply = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._respond, args=(connection,), daemon=True).start()

    def _respond(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while (received := connection.recv(65_536)) and self.reply:
                connection.sendall(self.reply * max(1, received.count(b"*")))
