"""What a JOSE header and claims must be: the rules, in the order in which they are checked.

Sources: RFC 7515 section 4.1 (JOSE header), RFC 7519 section 4.1 (claims), RFC 8725 (best
practice), RFC 9068 (JWT access tokens). Each rule stands alone, so that all can be asked in turn.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

Members = Mapping[str, object]
"""The members of a JSON object."""

EXP_LEEWAY = 5
"""Seconds that a token is taken after its expiry."""

FUTURE_LEEWAY = 60
"""Seconds that `nbf` and `iat` may lie ahead: a clock a little slow must not refuse new tokens."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What the client is told when a rule does not hold."""

    code: str
    description: str


NO_RS256 = Broken("invalid_header", "The token must be signed with RS256.")
EXTENDED = Broken(
    "invalid_header", "The token's header has extensions (crit, b64) that this API does not know."
)
WRONG_TYPE = Broken("invalid_header", "The token's type (typ) must be JWT or at+jwt.")
NO_KEY_ID = Broken("invalid_header", "The token's header has no key ID (kid).")

NO_EXPIRY = Broken("invalid_claims", "The token has no expiry (exp), or one that is not a number.")
EXPIRED = Broken("token_expired", "The token has expired.")
BAD_NOT_BEFORE = Broken("invalid_claims", "The token's not-before time (nbf) is not a number.")
NOT_VALID_YET = Broken("invalid_claims", "The token is not valid yet (nbf).")
BAD_ISSUE_TIME = Broken("invalid_claims", "The token's issue time (iat) is not a number.")
ISSUED_IN_FUTURE = Broken("invalid_claims", "The token was issued in the future (iat).")
OTHER_ISSUER = Broken("invalid_issuer", "The token was issued by another tenant (iss).")
OTHER_AUDIENCE = Broken("invalid_audience", "The token was issued for another audience (aud).")
NO_SUBJECT = Broken("invalid_claims", "The token has no subject (sub).")
BOUND = Broken(
    "invalid_claims", "The token is bound to a key (cnf); this API takes plain bearer tokens only."
)


def broken_by_header(header: Members) -> Iterator[Broken]:
    """Yield what a JOSE header breaks, in order.

    `jwk`, `jku`, `x5u` and `x5c` are never looked at: a token does not choose its own key.
    """
    if header.get("alg") != "RS256":
        yield NO_RS256
    if "crit" in header or "b64" in header:
        yield EXTENDED
    if "typ" in header and not _is_jwt_type(header["typ"]):
        yield WRONG_TYPE
    if not _is_text(header.get("kid")):
        yield NO_KEY_ID


def broken_by_claims(claims: Members, issuer: str, audience: str, now: float) -> Iterator[Broken]:
    """Yield what the claims of a token whose signature is good break, in order.

    `now` in seconds since the epoch.
    """
    exp = claims.get("exp")
    if not _is_number(exp):
        yield NO_EXPIRY
    elif exp <= now - EXP_LEEWAY:
        yield EXPIRED
    if "nbf" in claims:
        nbf = claims["nbf"]
        if not _is_number(nbf):
            yield BAD_NOT_BEFORE
        elif nbf > now + FUTURE_LEEWAY:
            yield NOT_VALID_YET
    if "iat" in claims:
        iat = claims["iat"]
        if not _is_number(iat):
            yield BAD_ISSUE_TIME
        elif iat > now + FUTURE_LEEWAY:
            yield ISSUED_IN_FUTURE
    if claims.get("iss") != issuer:
        yield OTHER_ISSUER
    if not _is_meant_for(audience, claims.get("aud")):
        yield OTHER_AUDIENCE
    if not _is_text(claims.get("sub")):
        yield NO_SUBJECT
    if "cnf" in claims:
        yield BOUND


def _is_number(value: object) -> TypeGuard[int | float]:
    """RFC 7519's NumericDate: JSON's `true` is no number here, neither is NaN or an infinity."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_jwt_type(typ: object) -> bool:
    """RFC 7515 section 4.1.9: case does not matter, and `application/` may stand before it."""
    return isinstance(typ, str) and typ.lower().removeprefix("application/") in ("jwt", "at+jwt")


def _is_meant_for(audience: str, aud: object) -> bool:
    """RFC 7519 section 4.1.3: `aud` is one string, or a list of strings that holds ours."""
    if isinstance(aud, list):
        return audience in aud and set(map(type, aud)) == {str}
    return aud == audience
