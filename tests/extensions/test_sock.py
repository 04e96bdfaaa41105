"""WebSockets are accepted or rejected at the handshake with a real server."""

import threading
from collections.abc import Iterator

import pytest
import requests
from simple_websocket import Client, ConnectionClosed
from werkzeug.serving import make_server

from .conftest import MakeApi
from .contract import HANDSHAKE, MODES, REJECTIONS, ExtendedApi

pytestmark = pytest.mark.exhaustive


@pytest.fixture(params=MODES)
def socket_api(make_api: MakeApi, request: pytest.FixtureRequest) -> ExtendedApi:
    return make_api("sock", request.param)


@pytest.fixture
def server_address(socket_api: ExtendedApi) -> Iterator[str]:
    """The host and port of the served app."""
    server = make_server("127.0.0.1", 0, socket_api.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def connect(server_address: str, path: str, headers: dict[str, str]) -> Client:
    own = {name: value for name, value in headers.items() if name not in HANDSHAKE}
    return Client(f"ws://{server_address}{path}", headers=own)


@pytest.mark.parametrize(
    ("policy", "caller", "message"),
    [
        ("public", "no-token", "Hello"),
        ("private", "no-scope", "Hello local-client"),
        ("scoped", "valid-token", "Hello local-client"),
    ],
)
def test_allowed_client_is_connected(
    socket_api: ExtendedApi, server_address: str, policy: str, caller: str, message: str
) -> None:
    socket = connect(server_address, f"/api/{policy}/socket", socket_api.headers[caller])
    socket.send("Hello")

    assert socket.receive(timeout=10) == message


def test_rejected_client_is_not_connected(socket_api: ExtendedApi, server_address: str) -> None:
    for path, policy in socket_api.endpoints.items():
        for caller, expected in REJECTIONS[policy].items():
            url, headers = f"http://{server_address}{path}", socket_api.headers[caller]
            with requests.get(url, headers=headers, timeout=10) as response:
                assert (path, response.status_code) == (path, expected.status)
                assert response.json() == expected.body


def test_rejection_after_the_handshake_closes_the_connection(
    socket_api: ExtendedApi, server_address: str
) -> None:
    """The handshake is the response; a second one must not be sent as a message."""
    socket = connect(server_address, "/api/late-rejection", socket_api.headers["valid-token"])
    socket.send("Hello")

    with pytest.raises(ConnectionClosed):
        socket.receive(timeout=10)
