"""What a JOSE header and a set of claims must be, as rules in the order in which they are checked.

Sources: RFC 7515 section 4.1 (JOSE header), RFC 7519 section 4.1 (claims), RFC 8725 (best
practice), RFC 9068 (JWT access tokens). Each rule stands alone, so that all can be asked in turn.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from .errors import InvalidToken

Members = Mapping[str, object]
"""The members of a JSON object."""

EXP_LEEWAY = 5
"""Seconds that a token is taken after its expiry."""

FUTURE_LEEWAY = 60
"""Seconds that `nbf` and `iat` may lie ahead: a clock a little slow must not refuse new tokens."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold, and what the client is told when it does not."""

    code: str
    description: str
    holds: Callable[[Members], bool]


def check(rules: Iterable[Rule], members: Members) -> None:
    """Raise InvalidToken for the first rule that does not hold."""
    for rule in rules:
        if not rule.holds(members):
            raise InvalidToken(rule.code, rule.description)


def _header_rule(description: str, holds: Callable[[Members], bool]) -> Rule:
    return Rule("invalid_header", description, holds)


HEADER_RULES = (
    _header_rule(
        "The token must be signed with RS256.",
        lambda header: header.get("alg") == "RS256",
    ),
    _header_rule(
        "The token's header has extensions (crit, b64) that this API does not know.",
        lambda header: "crit" not in header and "b64" not in header,
    ),
    _header_rule(
        "The token's type (typ) must be JWT or at+jwt.",
        lambda header: "typ" not in header or _is_jwt_type(header["typ"]),
    ),
    _header_rule(
        "The token's header has no key ID (kid).",
        lambda header: _is_text(header.get("kid")),
    ),
)
"""`jwk`, `jku`, `x5u` and `x5c` are never looked at: a token does not choose its own key."""


def claim_rules(issuer: str, audience: str, clock: Callable[[], float]) -> tuple[Rule, ...]:
    """The rules for the claims of a token whose signature is good.

    `clock` gives the present time in seconds since the epoch.
    """

    def is_past_or_near(time: object) -> bool:
        return not _is_number(time) or time <= clock() + FUTURE_LEEWAY

    return (
        Rule(
            "invalid_claims",
            "The token has no expiry (exp), or one that is not a number.",
            lambda claims: _is_number(claims.get("exp")),
        ),
        Rule(
            "token_expired",
            "The token has expired.",
            lambda claims: not _is_number(exp := claims.get("exp")) or exp > clock() - EXP_LEEWAY,
        ),
        Rule(
            "invalid_claims",
            "The token's not-before time (nbf) is not a number.",
            lambda claims: "nbf" not in claims or _is_number(claims["nbf"]),
        ),
        Rule(
            "invalid_claims",
            "The token is not valid yet (nbf).",
            lambda claims: is_past_or_near(claims.get("nbf")),
        ),
        Rule(
            "invalid_claims",
            "The token's issue time (iat) is not a number.",
            lambda claims: "iat" not in claims or _is_number(claims["iat"]),
        ),
        Rule(
            "invalid_claims",
            "The token was issued in the future (iat).",
            lambda claims: is_past_or_near(claims.get("iat")),
        ),
        Rule(
            "invalid_issuer",
            "The token was issued by another tenant (iss).",
            lambda claims: claims.get("iss") == issuer,
        ),
        Rule(
            "invalid_audience",
            "The token was issued for another audience (aud).",
            lambda claims: _is_meant_for(audience, claims.get("aud")),
        ),
        Rule(
            "invalid_claims",
            "The token has no subject (sub).",
            lambda claims: _is_text(claims.get("sub")),
        ),
        Rule(
            "invalid_claims",
            "The token is bound to a key (cnf); this API takes plain bearer tokens only.",
            lambda claims: "cnf" not in claims,
        ),
    )


def _is_number(value: object) -> TypeGuard[int | float]:
    """RFC 7519's NumericDate: JSON's `true` is no number here, neither is NaN or an infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -math.inf < value < math.inf


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_jwt_type(typ: object) -> bool:
    """RFC 7515 section 4.1.9: case does not matter, and `application/` may stand before it."""
    return isinstance(typ, str) and typ.lower().removeprefix("application/") in ("jwt", "at+jwt")


def _is_meant_for(audience: str, aud: object) -> bool:
    """RFC 7519 section 4.1.3: `aud` is one string, or a list of strings that holds ours."""
    if isinstance(aud, list):
        return audience in aud and all(isinstance(entry, str) for entry in aud)
    return aud == audience
