"""The apps that servers load in their workers, with the API's settings from the environment.

A server gets the address of a factory, such as `benchmarks.measure.served_apps:rendered_api()`.
Peers are imported only by `peer_app`: they would add to the memory of a worker.
"""

import os
import time
from importlib import import_module

from flask import Flask

SLOW_SECONDS = 0.02
"""How long `/slow` waits, as a view does for a database or another API."""


def peer_app(name: str) -> Flask:
    """Make the app of a peer."""
    app: Flask = import_module(f"benchmarks.peers.{name}").make_app(
        os.environ["AUTH0_DOMAIN"], os.environ["AUTH0_AUDIENCE"]
    )
    return app


def rendered_api() -> Flask:
    """Make the rendered API, with a public endpoint `/slow` in addition."""
    app: Flask = import_module("messages_api").create_app()
    public = import_module("messages_api.auth").public

    def slow() -> dict[str, str]:
        time.sleep(SLOW_SECONDS)
        return {"message": "Hello, late!"}

    app.add_url_rule("/slow", view_func=public(slow))
    return app


def bare_app() -> Flask:
    """Make an app that only imports requests, and from cryptography what python-jose imports."""
    for name in ("cryptography.x509", "cryptography.hazmat.primitives.serialization", "requests"):
        import_module(name)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/api/public", view_func=lambda: {"message": "Hello!"}, endpoint="public")
    return app
