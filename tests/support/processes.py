"""Child processes that cannot outlive the tests, and ports for them to listen on."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from .environ import user_environ


@contextmanager
def running(
    argv: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.STDOUT,
    seconds: float = 10,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in its own process group, and end the whole group after the block.

    The group gets SIGTERM and, after `seconds`, SIGKILL.
    """
    with subprocess.Popen(
        argv,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            terminate_group(process, seconds)


def terminate_group(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Terminate the processes of a group, wait for the leader, then kill all that are left."""
    with suppress(ProcessLookupError, PermissionError):  # macOS: not permitted, if all have ended
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_in_parallel(commands: Sequence[Sequence[str]], project: Path, tools: Path) -> None:
    """Run commands at the same time. Raises AssertionError with the output of one that fails."""
    environ = user_environ(MYPY_CACHE_DIR=str(tools.parent.parent / ".mypy_cache"))
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running([str(tools / name), *options], project, environ))
            for name, *options in commands
        ]
        outputs = [process.communicate(timeout=300)[0].decode() for process in processes]
        for process, output in zip(processes, outputs, strict=True):
            assert process.returncode == 0, output


def run_command(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command for at most five minutes; its stdout includes its stderr."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environ,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def check_output(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], stdin: str = ""
) -> str:
    """Run a command, which must succeed within five minutes; return its stdout and stderr."""
    done = run_command(command, folder, environ, stdin)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout


def wait_until_up(url: str, server: subprocess.Popen[bytes] | None = None) -> None:
    """Wait up to 60 s until a URL responds with 200. Raises AssertionError if it does not."""
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # an address of loopback
            return
        except urllib.error.URLError:
            if server is not None and server.poll() is not None:
                output = (server.communicate()[0] or b"").decode()
                raise AssertionError(f"the server of {url} has exited\n{output}") from None
            assert time.monotonic() < deadline, f"{url} did not respond with 200 within 60 s"
            time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Return whether a server accepts connections to a port of loopback."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Return different ports of loopback that were free a moment ago."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [sock.getsockname()[1] for sock in sockets]
