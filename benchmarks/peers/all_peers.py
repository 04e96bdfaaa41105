"""The list of the peers.

A server imports only the peer that it serves: with this module it would import all of them.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from flask import Flask

from . import (
    auth0_api_async_view,
    auth0_api_asyncio_run,
    authlib_resource_protector,
    first_quickstart,
    flask_jwt_extended_fixed_key,
    pyjwt_jwk_client,
    python_jose_cached_keys,
    this_template,
    this_template_new_tokens,
)

Verifier = Callable[[str], object]
"""Verifies a token: returns its claims, or raises an error or returns None if it is invalid."""


class Peer(Protocol):
    """A module of this package that has an app."""

    __name__: str

    @property
    def TITLE(self) -> str:  # noqa: N802, a module's constant
        """The peer's name in a table."""

    @property
    def make_app(self) -> Callable[[str, str], Flask]:
        """Make an app for a tenant's domain and an audience.

        `GET /public` is open, `GET /private` requires a valid token; both return `response_body`.
        """

    @property
    def make_verifier(self) -> Callable[[str, str], Verifier] | None:
        """Make a verifier for a tenant's domain and an audience; None if the peer has none."""


_MODULES: tuple[Peer, ...] = (
    this_template,
    python_jose_cached_keys,
    pyjwt_jwk_client,
    authlib_resource_protector,
    flask_jwt_extended_fixed_key,
    auth0_api_asyncio_run,
    auth0_api_async_view,
    first_quickstart,
)

PEERS: Mapping[str, Peer] = {module.__name__.rpartition(".")[2]: module for module in _MODULES}
"""The peers by the name of their module, in the order of the tables."""

TIMED_PEERS: Mapping[str, Peer] = {
    "this_template": this_template,
    "this_template_new_tokens": this_template_new_tokens,
    **PEERS,
}
"""The peers whose calls are timed one by one: also this template for tokens that it has not seen."""
