"""The ways to protect a Flask API that are compared: each as its own documentation has it done."""

from collections.abc import Callable
from typing import Protocol

from flask import Flask

from . import (
    auth0_api_async,
    auth0_api_run,
    authlib_protector,
    flask_jwt_extended_static,
    kept_key,
    ours,
    pyjwt_client,
    quickstart,
)

Verifier = Callable[[str], object]
"""Takes the text of a token; returns what it says, or raises, or returns None."""


class Peer(Protocol):
    """A module of this package."""

    __name__: str

    @property
    def TITLE(self) -> str:  # noqa: N802, a module's constant
        """What the way is called in a table."""

    @property
    def make_app(self) -> Callable[[str, str], Flask]:
        """Make an app for a tenant's domain and an audience.

        Anyone may GET /public, a holder of a valid token may GET /private; both answer `hello`.
        """

    @property
    def make_verifier(self) -> Callable[[str, str], Verifier] | None:
        """Make what verifies a token without a request; None where the way has no such thing."""


PEERS: tuple[Peer, ...] = (
    ours,
    kept_key,
    pyjwt_client,
    authlib_protector,
    flask_jwt_extended_static,
    auth0_api_run,
    auth0_api_async,
    quickstart,
)


def name_of(peer: Peer) -> str:
    """Return the module's own name, under which the peer's figures stand."""
    return peer.__name__.rpartition(".")[2]
