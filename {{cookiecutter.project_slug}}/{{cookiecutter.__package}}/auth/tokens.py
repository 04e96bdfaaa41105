"""From the text of an access token to its verified claims, or to the rule that refuses it.

The order: shape, JOSE header, signing key, signature, claims. Nothing here knows Flask, and
nothing that the token says is believed before its signature is good.
"""

import json
import re
import string
import time
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from .errors import InsufficientScope, InvalidToken
from .keys import SigningKeys
from .rules import Broken, Members, broken_by_claims, broken_by_header

MAX_LENGTH = 16_384
"""Characters of the longest token that is looked at: some 200 permissions, named twice."""

TOO_LONG = Broken("invalid_header", f"The token is longer than {MAX_LENGTH} characters.")
NO_JWT = Broken(
    "invalid_header",
    "The token is not a signed JWT of three segments. A client that asks for no audience gets an"
    " opaque token: ask for the audience of this API.",
)
NO_BASE64 = Broken("invalid_header", "The token is not base64url-encoded.")
NO_OBJECT = Broken("invalid_header", "The token's header and payload must be JSON objects.")
UNKNOWN_KEY = Broken("invalid_header", "The tenant has no signing key with this kid.")
BAD_SIGNATURE = Broken("invalid_header", "The token's signature is not the tenant's.")

_SIGNED_JWT = re.compile(r"(([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)")

_BASE64URL = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"

_LAST_CHARACTERS = (_BASE64URL, "", _BASE64URL[::16], _BASE64URL[::4])
"""What may come last, by the length modulo 4: its spare bits are zero (RFC 4648 section 3.5)."""

_JSON_BLANKS = " \t\n\r"

_read_json = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The verified claims of an access token. There is no other way to read a claim."""

    claims: Members
    key_id: str
    """Of the signing key."""

    @property
    def subject(self) -> str:
        """Who calls: `auth0|…` for a user, `<client ID>@clients` for a machine."""
        return str(self.claims["sub"])

    @property
    def client_id(self) -> str | None:
        """Which application got the token: `azp`, or `client_id` (RFC 9068 section 2.2)."""
        return _client_id(self.claims)

    @property
    def scopes(self) -> frozenset[str]:
        """The `scope` claim (RFC 9068 section 2.2.3). Without RBAC a client gets what it asks."""
        return frozenset(_scopes(self.claims))

    @property
    def permissions(self) -> frozenset[str]:
        """Auth0's `permissions` claim: there when RBAC is on and permissions go into tokens."""
        permissions = self.claims.get("permissions")
        if isinstance(permissions, list) and all(isinstance(name, str) for name in permissions):
            return frozenset(permissions)
        return frozenset()

    def require_scopes(self, *scopes: str) -> None:
        """Raise InsufficientScope unless the token has every one of these scopes."""
        held = _scopes(self.claims)  # A list: a set is dearer to make than to do without.
        for scope in scopes:
            if scope not in held:
                raise self._insufficient(scopes)

    def require_permissions(self, *permissions: str) -> None:
        """Raise InsufficientScope unless the token has every one of these permissions."""
        if not self.permissions.issuperset(permissions):
            raise self._insufficient(permissions)

    def _insufficient(self, needed: tuple[str, ...]) -> InsufficientScope:
        return InsufficientScope(" ".join(needed), kid=self.key_id, client_id=self.client_id)


class TokenVerifier:
    """Decides whether an access token is good for this API."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        keys: SigningKeys,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`issuer` with its slash; `clock` gives seconds since the epoch."""
        self._issuer = issuer
        self._audience = audience
        self.keys = keys
        self._clock = clock

    def verify(self, token: str) -> AccessToken:
        """Return the token's verified claims.

        Raises:
            InvalidToken: a rule refuses it.
            KeysUnavailable: the signing keys are not at hand, so nothing can be said of it.
        """
        signed, header, payload, signature = split(token)
        key_id = _key_id(header)
        key = self.keys.find(key_id)
        if key is None:
            raise InvalidToken(UNKNOWN_KEY, kid=key_id)
        if not key.verify(signed.encode(), decode(signature)):
            raise InvalidToken(BAD_SIGNATURE, kid=key_id)
        claims = read_object(payload)
        for rule in broken_by_claims(claims, self._issuer, self._audience, self._clock()):
            client_id = _client_id(claims)
            raise InvalidToken(rule, kid=key_id, client_id=client_id)
        return AccessToken(MappingProxyType(claims), key_id)


def _client_id(claims: Members) -> str | None:
    client_id = claims.get("azp", claims.get("client_id"))
    return client_id if isinstance(client_id, str) else None


def _scopes(claims: Members) -> list[str]:
    scope = claims.get("scope")
    return scope.split(" ") if isinstance(scope, str) else []


@lru_cache(maxsize=16)
def _key_id(header: str) -> str:
    """Return the key ID of a header that breaks no rule: the same few come again and again."""
    members = read_object(header)
    for rule in broken_by_header(members):
        raise InvalidToken(rule, kid=members.get("kid"))
    return str(members["kid"])


def split(token: str) -> tuple[str, ...]:
    """Split the token into what is signed, which is header and payload, those two, the signature.

    Raises:
        InvalidToken: it is no such thing.
    """
    if len(token) > MAX_LENGTH:
        raise InvalidToken(TOO_LONG)
    match = _SIGNED_JWT.fullmatch(token)
    if match is None:
        raise InvalidToken(NO_JWT)
    return match.groups()


def decode(segment: str) -> bytes:
    """Decode base64url (RFC 7515 section 2) in its one spelling: spare bits must be zero.

    Raises:
        InvalidToken: its length, or its last character, is not that of such a spelling.
    """
    if segment[-1] not in _LAST_CHARACTERS[len(segment) % 4]:
        raise InvalidToken(NO_BASE64)
    return a2b_base64(segment.replace("-", "+").replace("_", "/") + "==")


def read_object(segment: str) -> dict[str, object]:
    """Read a segment as a JSON object in UTF-8.

    A few thousand nested brackets, or an integer of as many digits, are more than `json` takes.

    Raises:
        InvalidToken: it is not base64url, or not such an object.
    """
    try:
        text = decode(segment).decode().strip(_JSON_BLANKS)
        members, end = _read_json(text)
    except (ValueError, RecursionError):
        members, end = None, 0
    if not isinstance(members, dict) or end != len(text):
        raise InvalidToken(NO_OBJECT)
    return members
