"""Wait for a condition that another thread or process fulfills."""

import threading
import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until a condition is true. Raises AssertionError with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it took more than {seconds} s until {what}"
        time.sleep(0.01)


def wait_for_fetches() -> None:
    """Wait until this process is not fetching any signing keys."""
    wait_until(
        lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()),
        "no fetch is running",
    )
