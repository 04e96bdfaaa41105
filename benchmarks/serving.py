"""What the servers under load serve, made inside their workers: a peer, the rendered API, nothing.

A server is told `benchmarks.serving:app("ours")`, or one of the factories here that take nothing.
The settings are those of the API: AUTH0_DOMAIN and AUTH0_AUDIENCE in the environment.
"""

import os
import time
from importlib import import_module

from flask import Flask

WAIT = 0.02
"""Seconds that `/slow` waits, as a view does that asks a database or another API."""


def app(peer: str) -> Flask:
    """Make the app of a module of `benchmarks.peers`: `/public` and `/private`."""
    module = import_module(f"benchmarks.peers.{peer}")
    made: Flask = module.make_app(os.environ["AUTH0_DOMAIN"], os.environ["AUTH0_AUDIENCE"])
    return made


def rendered() -> Flask:
    """Make the rendered API, with `/slow` added, which anyone may call and which waits."""
    made: Flask = import_module("messages_api").create_app()
    public = import_module("messages_api.auth").public

    def slow() -> dict[str, str]:
        time.sleep(WAIT)
        return {"message": "Hello, late!"}

    made.add_url_rule("/slow", view_func=public(slow))
    return made


def bare() -> Flask:
    """Make an app that does nothing with what it imports: the cryptography that python-jose does."""
    for name in ("cryptography.x509", "cryptography.hazmat.primitives.serialization", "requests"):
        import_module(name)
    made = Flask(__name__, static_folder=None)
    made.add_url_rule("/api/public", view_func=lambda: {"message": "Hello!"}, endpoint="public")
    return made
