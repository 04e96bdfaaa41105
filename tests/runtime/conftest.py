"""Fixtures of several tests that run servers."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def taken_port() -> Iterator[str]:
    """A port in use, on which no server can start."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])
