"""Flask-SocketIO's events bypass the gate; the decorator of the handler rejects them."""

from importlib import import_module

import pytest
from flask_socketio import SocketIO

from .conftest import MakeApi
from .contract import MODES

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("mode", MODES)
def test_event_without_the_scope_is_rejected(make_api: MakeApi, mode: str) -> None:
    api, auth = make_api("plain", mode), import_module("messages_api.auth")
    socketio = SocketIO(api.app, async_mode="threading")

    @socketio.on("report")
    @auth.requires_scope("read:report")
    def report() -> str:
        return f"Hello, {auth.current_token.client_id}!"

    def emit(caller: str) -> object:
        client = socketio.test_client(api.app, headers=api.headers[caller])
        return client.emit("report", callback=True)

    for caller, status in {"no-token": 401, "expired-token": 401, "no-scope": 403}.items():
        with pytest.raises(auth.Rejection) as caught:
            emit(caller)
        assert caught.value.code == status
    assert emit("valid-token") == "Hello, local-client!"
