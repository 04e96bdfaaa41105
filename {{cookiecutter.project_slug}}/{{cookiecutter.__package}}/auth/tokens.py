"""Verifies an access token: returns its claims, or raises Unauthenticated for the violated rule.

The order: shape, JOSE header, issuer (only to select its keys), key, signature, other claims.
"""

import json
import re
import string
import time
from binascii import a2b_base64
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from weakref import WeakKeyDictionary

from . import rejections
from .bearer import read_bearer
from .jwks import SigningKey
from .key_cache import Clock, SigningKeys
from .rejections import MAX_TOKEN_LENGTH, Unauthenticated
from .rules import Members, claim_violations, header_violations

_BASE64URL = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}-_".encode()
_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
_read_json = json.JSONDecoder().raw_decode
_KnownSignatures = WeakKeyDictionary[SigningKey, dict[int, bytes]]  # digests of tokens

# The valid last characters by the length modulo 4: unused bits are zero (RFC 4648, 3.5).
_LAST_CHARACTERS = (_BASE64URL, b"", _BASE64URL[::16], _BASE64URL[::4])

_MISTAKES = {  # of clients, and patterns of what they send instead of a token or around it
    rejections.SECOND_SCHEME: r"(?ais).*(?<![\w.-])bearer(?![\w.-]).*",
    # Such as null, YOUR_ACCESS_TOKEN, ${TOKEN} and [object Promise].
    rejections.PLACEHOLDER: r"(?ais)[^a-z]{0,9}(?:undefined|null|none|nil|nan|true|false"
    r"|(?:(?:your|my|the|insert|auth0|access|api|id)[ _-]?){0,3}(?:token|jwt)(?:[ _-]?here)?)[^a-z]{0,9}"
    r"""|["'`]{2}|(?:[$<{[]|%(?!2[27]))[^"']{0,60}""",
    rejections.INVALID_CHARACTERS: r"(?ais).*[^\w.-].*",
}


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The verified claims of an access token. Unverified claims cannot be read."""

    verified: Members  # what policies read
    key_id: str  # of the signing key

    @property
    def claims(self) -> dict[str, object]:
        """A copy of all claims: changes that a view makes to it do not affect policies."""
        return deepcopy(dict(self.verified))

    @property
    def identifiers(self) -> dict[str, object]:
        """What the log may contain of a token."""
        return {"kid": self.key_id, "client_id": self.client_id, "actor": self.actor}

    @property
    def subject(self) -> str:
        """`auth0|…` for a user, `…@clients` for a machine, `anon@…` for an anonymous session."""
        return str(self.verified["sub"])

    @property
    def client_id(self) -> str | None:
        """The application that requested the token: `azp`, or `client_id` (RFC 9068, 2.2)."""
        client_id = self.verified.get("azp", self.verified.get("client_id"))
        return client_id if isinstance(client_id, str) else None

    @property
    def actor(self) -> str | None:
        """Who acts for the subject, such as an agent: `act.sub` (RFC 8693, 4.1)."""
        act = self.verified.get("act")
        actor = act.get("sub") if isinstance(act, dict) else None
        return actor if isinstance(actor, str) else None

    @property
    def scopes(self) -> frozenset[str]:
        """The `scope` claim (RFC 9068, 2.2.3). Without RBAC a client gets whatever it requests."""
        scope = self.verified.get("scope")
        return frozenset(scope.split(" ") if isinstance(scope, str) else ())

    @property
    def permissions(self) -> frozenset[str]:
        """Auth0's `permissions` claim, present when RBAC adds permissions to access tokens."""
        permissions = self.verified.get("permissions")
        if isinstance(permissions, list) and all(isinstance(name, str) for name in permissions):
            return frozenset(permissions)
        return frozenset()


@dataclass(slots=True, eq=False)
class TokenVerifier:
    """Verifies access tokens of some issuers for one audience."""

    issuers: Mapping[str, SigningKeys]  # by issuer, including the trailing slash
    audience: str
    clock: Clock = lambda: time.time()  # seconds since the epoch
    read = staticmethod(read_bearer)
    violations = staticmethod(claim_violations)
    _known: _KnownSignatures = field(default_factory=_KnownSignatures, init=False)

    def verify(self, token: str) -> AccessToken:
        """Return the verified claims. Raises Unauthenticated or KeysUnavailable."""
        signed, header, payload, signature = split(token)
        key_id, claims = _key_id(header), read_object(payload)
        issuer = claims.get("iss")
        keys = self.issuers.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise Unauthenticated(rejections.WRONG_ISSUER, kid=key_id)
        key = keys.find(key_id)
        if key is None:
            raise Unauthenticated(rejections.UNKNOWN_KEY, kid=key_id)
        known = self._known.setdefault(key, {})  # verifying again takes a tenth of a request
        digest = sha256(signed + b"." + signature).digest()
        if known.get(slot := hash(digest) % 4096) != digest:  # 4,096 for each key: a megabyte
            if not key.verify(signed, decode(signature)):
                raise Unauthenticated(rejections.WRONG_SIGNATURE, kid=key_id)
            known[slot] = digest
        access_token = AccessToken(claims, key_id)
        if violation := next(self.violations(claims, self.audience, self.clock()), None):
            raise Unauthenticated(violation[1], **access_token.identifiers)
        return access_token


@lru_cache(maxsize=16)  # a tenant has few different headers; reading one takes 2 % of a request
def _key_id(header: bytes) -> str:
    members = read_object(header)
    if violation := next(header_violations(members), None):
        raise Unauthenticated(violation[1], kid=members.get("kid"))
    return str(members["kid"])


def split(token: str) -> tuple[bytes, bytes, bytes, bytes]:
    """Split a signed JWT into its signed part (header and payload), header, payload, signature."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise Unauthenticated(rejections.TOO_LONG)
    encoded = token.encode(errors="replace")
    signed, _, signature = encoded.rpartition(b".")
    header, _, payload = signed.partition(b".")
    # A regular expression would take three times as long, 1 % of a request.
    if encoded.translate(None, _BASE64URL) == b".." and header and payload and signature:
        return signed, header, payload, signature
    found = (each for each in _MISTAKES if re.fullmatch(_MISTAKES[each], token))
    raise Unauthenticated(next(found, rejections.NOT_SIGNED_JWT))


def decode(segment: bytes) -> bytes:
    """Decode base64url (RFC 7515 section 2) in its canonical form, where unused bits are zero."""
    if segment[-1] not in _LAST_CHARACTERS[len(segment) % 4]:
        raise Unauthenticated(rejections.NOT_BASE64URL)
    return a2b_base64(segment.translate(_TO_BASE64) + b"==")


def read_object(segment: bytes) -> dict[str, object]:
    """Read a segment as a JSON object in UTF-8."""
    try:
        text = decode(segment).decode().strip(" \t\n\r")
        members, end = _read_json(text)
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        members, end = None, 0
    if not isinstance(members, dict) or end != len(text):
        raise Unauthenticated(rejections.NOT_JSON_OBJECTS)
    return members
