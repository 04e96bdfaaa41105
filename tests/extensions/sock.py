"""Flask-Sock: sockets that echo one message."""

from flask import Flask
from flask_sock import Sock
from messages_api.auth import Forbidden, current_token, public, requires_auth, requires_scope
from simple_websocket import Server


def add_endpoints(app: Flask) -> None:
    sock = Sock(app)

    @sock.route("/api/public/socket")
    @public
    def echo(ws: Server) -> None:
        ws.send(ws.receive())

    @sock.route("/api/private/socket")
    @requires_auth
    def echo_to_client(ws: Server) -> None:
        ws.send(f"{ws.receive()} {current_token.client_id}")

    @sock.route("/api/scoped/socket")
    @requires_scope("read:report")
    def echo_to_reader(ws: Server) -> None:
        ws.send(f"{ws.receive()} {current_token.client_id}")

    @sock.route("/api/late-rejection")
    @requires_auth
    def reject(ws: Server) -> None:
        ws.receive()
        raise Forbidden("not_yours", "The report is not yours.")
