"""A lock between the processes of a test run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file, after waiting for other processes."""
    import fcntl  # not at the top: Windows does not have it, but runs the fast tests

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
