"""Fixtures of several tests of the running API."""

import socket
from collections.abc import Iterator

import pytest

from ..support.clocks import ManualClock


@pytest.fixture
def taken_port() -> Iterator[str]:
    """A port in use, on which no server can start."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def clock() -> ManualClock:
    """A clock that only the test advances."""
    return ManualClock()
