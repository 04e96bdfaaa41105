"""What is measured, and where: one rendered project, and stand-in tenants that all clients trust.

How long something takes is none of this module's business.
"""

import importlib
import logging
import os
import sys
import time
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask

from tests.support.rendering import render

from .answer import SUBJECT

AUDIENCE = "https://quickstarts/api"
SCOPE = "openid profile email read:messages write:messages"
PERMISSIONS = [
    "read:messages",
    "write:messages",
    "delete:messages",
    "read:reports",
    "manage:members",
]


class SigningKey(Protocol):
    """The parts of `local_auth0.identity.SigningKey` that are used here."""

    private_key: RSAPrivateKey
    kid: str
    jwk: dict[str, str]

    def sign(
        self, header: bytes | Mapping[str, object], payload: bytes | Mapping[str, object]
    ) -> str: ...


class Tenant(Protocol):
    """The parts of `local_auth0.Tenant` that are used here: it exists only once it is rendered."""

    ca_file: Path
    audience: str
    signing_key: SigningKey
    keys: list[dict[str, str]]
    requests: Counter[str]
    domain: str

    @property
    def issuer(self) -> str: ...

    def token(
        self,
        scope: str | None = None,
        permissions: list[str] | None = None,
        user: str | None = None,
        **claims: object,
    ) -> str: ...

    def rotate(self, *, keep_old: bool = True) -> None: ...


@dataclass(frozen=True, slots=True)
class Site:
    """A rendered project that can be imported, and a tenant that is up."""

    folder: Path
    tenant: Tenant
    token: str
    """A user's, of some 1,000 characters."""

    @property
    def domain(self) -> str:
        return self.tenant.domain

    @property
    def audience(self) -> str:
        return self.tenant.audience

    @property
    def environ(self) -> dict[str, str]:
        """The environment for a process that serves an API of this tenant."""
        settings = {"AUTH0_DOMAIN": self.domain, "AUTH0_AUDIENCE": self.audience}
        return {**os.environ, **settings}

    def another_tenant(self) -> AbstractContextManager[Tenant]:
        """A tenant with the same certificate and key, and with counters and rotations of its own."""
        return _tenant(self.tenant.ca_file.parent)

    def new_key(self) -> SigningKey:
        """Make an RS256 key of 2048 bits that no tenant has."""
        key: SigningKey = importlib.import_module("local_auth0.identity").SigningKey()
        return key

    @property
    def rejection(self) -> type[Exception]:
        """What the rendered API raises for a token that it rejects."""
        error: type[Exception] = importlib.import_module("messages_api.auth").Rejection
        return error


def user_token(tenant: Tenant, **claims: object) -> str:
    """Return a token of some 1,000 characters: a user, two audiences, scopes and permissions."""
    return tenant.token(SCOPE, PERMISSIONS, SUBJECT, **claims)


def refused_tokens(tenant: Tenant) -> dict[str, str]:
    """Return tokens like `user_token`'s, each with one fault, by the name of the fault."""
    good = user_token(tenant)
    header, payload, signature = good.split(".")
    flipped = "B" if signature[0] == "A" else "A"
    claims = urlsafe_b64decode(payload + "==")
    kid, now = tenant.signing_key.kid, int(time.time())

    def headed(**members: str) -> str:
        return tenant.signing_key.sign({"typ": "JWT", **members}, claims)

    return {
        "bad_signature": f"{header}.{payload}.{flipped}{signature[1:]}",
        "expired": user_token(tenant, iat=now - 90_000, exp=now - 3_600),
        "wrong_audience": user_token(tenant, aud=["https://elsewhere/api"]),
        # With fewer permissions, or it would be the longer token: that costs as well.
        "bound": tenant.token(
            SCOPE,
            PERMISSIONS[:2],
            SUBJECT,
            cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
        ),
        "not_a_token": "abc",
        "hs256": headed(alg="HS256", kid=kid),
        "no_kid": headed(alg="RS256"),
        "unknown_kid": headed(alg="RS256", kid="made-up"),
    }


def bearer(token: str) -> dict[str, str]:
    """Return the header that sends the token (RFC 6750 section 2.1)."""
    return {"Authorization": f"Bearer {token}"}


def verify_with(app: Flask) -> "Verify":
    """Return how the rendered API's app verifies a token's text."""
    verify: Verify = app.extensions["auth0"].verify
    return verify


class Verify(Protocol):
    """`messages_api.auth.tokens.TokenVerifier.verify`: it returns an `AccessToken`."""

    def __call__(self, token: str) -> object: ...


def scope_check() -> Callable[[object], None]:
    """Return what `@requires_scope("read:messages")` does with a verified token."""
    auth = importlib.import_module("messages_api.auth")
    check: Callable[[object], None] = auth.requires_scope("read:messages").access_policy.check
    return check


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Render the template with its defaults into a new folder, and start a tenant.

    While it is open, this process and its children trust the tenant's certificate and nothing
    else, and reach loopback without a proxy.
    """
    project = render(folder)
    with ExitStack() as stack:
        quiet = logging.NullHandler()  # the API has a line for each request, and no peer has
        logging.root.addHandler(quiet)
        stack.callback(logging.root.removeHandler, quiet)
        sys.path.insert(0, str(project))
        stack.callback(sys.path.remove, str(project))
        tenant = stack.enter_context(_tenant(folder / "tenant"))
        stack.enter_context(_environ(_trust(tenant.ca_file)))
        yield Site(project, tenant, user_token(tenant))


def _trust(ca_file: Path) -> dict[str, str]:
    """The variables by which requests, then urllib and httpx, and all of them find their way."""
    no_proxy = "localhost,127.0.0.1"
    return {
        "REQUESTS_CA_BUNDLE": str(ca_file),
        "SSL_CERT_FILE": str(ca_file),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def _tenant(folder: Path) -> AbstractContextManager[Tenant]:
    tenant: AbstractContextManager[Tenant] = importlib.import_module("local_auth0").Tenant(
        folder, 0, AUDIENCE
    )
    return tenant


@contextmanager
def _environ(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
