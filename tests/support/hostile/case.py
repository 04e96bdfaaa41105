"""The types of the hostile corpus, and the endpoints that its cases call."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from local_auth0 import Tenant
from local_auth0.identity import SigningKey
from messages_api.auth import (
    current_token,
    requires_auth,
    requires_permission,
    requires_scope,
)

from ..api import AUDIENCE
from ..tenants import serve_trusted
from .expected import Expected

PRIVATE = "/private"
SCOPED = "/scoped"
"""Requires the scope `read:messages`."""
PERMITTED = "/permitted"
"""Requires the permission `read:messages`."""

OTHER_URL = "https://other.test"
TEAM_SCOPES = [f"read:messages-of-team-{number:04}" for number in range(200)]


def add_case_endpoints(app: Flask) -> None:
    """Add the endpoints that the cases call. Each responds with the token's subject."""

    required = {
        PRIVATE: requires_auth,
        SCOPED: requires_scope("read:messages"),
        PERMITTED: requires_permission("read:messages"),
    }
    for path, decorate in required.items():
        app.add_url_rule(path, path.strip("/"), decorate(lambda: {"sub": current_token.subject}))


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that sign: the tenant's, a second one in its JWKS, and one that is not in the JWKS."""

    tenant: Tenant
    second: SigningKey
    unknown: SigningKey


@contextmanager
def serve_keys(folder: Path) -> Iterator[Keys]:
    """Serve a tenant with two keys in its JWKS. It signs with the first."""
    with serve_trusted(Tenant(folder, 0, AUDIENCE)) as tenant:
        second, unknown = SigningKey(), SigningKey()
        tenant.keys.append(second.jwk)
        yield Keys(tenant, second, unknown)


Environ = dict[str, str]
BuildEnviron = Callable[[Keys], Environ]
"""Returns what the request adds to its WSGI environment, usually an Authorization header."""

Members = Mapping[str, object]
EditJson = Callable[[bytes], bytes]
"""Maps the JSON of a valid header or payload to the bytes that the token contains instead."""
WriteInput = Callable[[str, str], str]
"""Maps the encoded header and payload to the signed string."""
WriteToken = Callable[[str, str, str], str]
"""Maps the three segments of a valid token to the sent string."""
Sign = Callable[[Keys, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """A request and its only correct response."""

    name: str
    build: BuildEnviron
    expected: Expected
    path: str = PRIVATE


@dataclass(frozen=True, slots=True)
class RawJson:
    """A value exactly as it is written in the JSON, even if that is invalid."""

    text: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A member that is in the JSON twice. Python's parser uses the last one."""

    first: object
    last: object


ABSENT = object()
"""Marks a member to leave out; None is JSON's null."""
