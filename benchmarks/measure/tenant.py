"""Stand-in tenants of the rendered project. They are importable while a test bed is open."""

import importlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import request

AUDIENCE = "https://quickstarts/api"
JWKS_PATH = "/.well-known/jwks.json"


class SigningKey(Protocol):
    """The parts of `local_auth0.identity.SigningKey` that are used here."""

    private_key: RSAPrivateKey
    kid: str
    jwk: dict[str, str]

    def sign(self, header: object, payload: object) -> str: ...


class Tenant(Protocol):
    """The parts of `local_auth0.Tenant` that are used here, and a count of requests by path."""

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


def start_tenant(folder: Path) -> AbstractContextManager[Tenant]:
    """Start a tenant whose certificate and signing key are in a folder; make them if needed."""
    tenant: Any = importlib.import_module("local_auth0").Tenant(folder, 0, AUDIENCE)
    tenant.requests = Counter()
    tenant.app.before_request(lambda: tenant.requests.update([request.path]))
    started: AbstractContextManager[Tenant] = tenant
    return started


@contextmanager
def start_tenant_process(folder: Path) -> Iterator[Tenant]:
    """Start a tenant in its own process; yield one that mints its tokens but counts no requests.

    The thread of a server polls: in the measuring process, it would delay each call that releases
    the global interpreter lock, as a log line does, by some 10 µs.
    """
    tenant: Any = importlib.import_module("local_auth0").Tenant(folder, 0, AUDIENCE)
    receiver, sender = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=_serve, args=(tenant, sender), daemon=True)
    process.start()
    try:
        tenant.domain = receiver.recv()
        yield tenant
    finally:
        process.terminate()
        process.join()


def _serve(tenant: Any, sender: Connection) -> None:
    with tenant:
        sender.send(tenant.domain)
        threading.Event().wait()


def rotate_key(tenant: Tenant) -> None:
    """Sign with a new key from now on; the old one stays in the JWKS."""
    tenant.signing_key = make_signing_key()
    tenant.keys = [tenant.signing_key.jwk, *tenant.keys]


def make_signing_key() -> SigningKey:
    """Make an RS256 key of 2048 bits that no tenant has."""
    key: SigningKey = importlib.import_module("local_auth0.identity").SigningKey()
    return key
