"""Stand-in tenants of the rendered project. They are importable while a test bed is open."""

import importlib
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

AUDIENCE = "https://quickstarts/api"
JWKS_PATH = "/.well-known/jwks.json"


class SigningKey(Protocol):
    """The parts of `local_auth0.identity.SigningKey` that are used here."""

    private_key: RSAPrivateKey
    kid: str
    jwk: dict[str, str]

    def sign(
        self, header: bytes | Mapping[str, object], payload: bytes | Mapping[str, object]
    ) -> str: ...


class Tenant(Protocol):
    """The parts of `local_auth0.Tenant` that are used here."""

    ca_file: Path
    audience: str
    signing_key: SigningKey
    keys: list[dict[str, str]]
    requests: Counter[str]
    domain: str

    def token(
        self,
        scope: str | None = None,
        permissions: list[str] | None = None,
        user: str | None = None,
        **claims: object,
    ) -> str: ...

    def rotate(self) -> None: ...


def start_tenant(folder: Path) -> AbstractContextManager[Tenant]:
    """Start a tenant whose certificate and signing key are in a folder; make them if needed."""
    tenant: AbstractContextManager[Tenant] = importlib.import_module("local_auth0").Tenant(
        folder, 0, AUDIENCE
    )
    return tenant


def make_signing_key() -> SigningKey:
    """Make an RS256 key of 2048 bits that no tenant has."""
    key: SigningKey = importlib.import_module("local_auth0.identity").SigningKey()
    return key
