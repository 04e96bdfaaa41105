"""The rendered API, for which every token is new: it has never verified the signature before."""

from collections.abc import Callable, Mapping
from typing import Protocol

from flask import Flask

from . import this_template

TITLE = "this template, new tokens"


class _Keys(Protocol):
    """The cached signing keys of an issuer."""

    def find(self, kid: str) -> object:
        """Return the key with this ID, or None."""


class _NewKeys:
    """The cached signing keys of an issuer, but a new object each time.

    The API knows a signature only together with the key that has verified it.
    """

    def __init__(self, keys: _Keys) -> None:
        self._keys = keys

    def find(self, kid: str) -> object:
        key = self._keys.find(kid)
        if key is None:
            return None
        new = object.__new__(type(key))  # much faster than `copy`
        vars(new).update(vars(key))
        return new


def make_app(domain: str, audience: str, origins: str = "") -> Flask:
    app = this_template.make_app(domain, audience, origins)
    verifier = app.extensions["auth0"]
    issuers: Mapping[str, _Keys] = verifier.issuers
    verifier.issuers = {issuer: _NewKeys(keys) for issuer, keys in issuers.items()}
    return app


def make_verifier(domain: str, audience: str) -> Callable[[str], object]:
    return this_template.verifier_of(make_app(domain, audience))
