"""What a JOSE header and a set of claims must be, as rules in the order in which they are checked.

Sources: RFC 7515 section 4.1 (JOSE header), RFC 7519 section 4.1 (claims), RFC 8725 (best
practice), RFC 9068 (JWT access tokens). Each rule stands alone, so that all can be asked in turn.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from .errors import InvalidToken

Members = Mapping[str, object]
"""The members of a JSON object."""

EXP_LEEWAY = 5
"""Seconds that a token is taken after its expiry."""

FUTURE_LEEWAY = 60
"""Seconds that `nbf` and `iat` may lie ahead: a clock a little slow must not refuse new tokens."""

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a member must be, and what the client is told when it is not.

    `holds` judges a value of any type that JSON has. Where the member is absent, the rule is
    broken if it is `required`.
    """

    member: str
    code: str
    description: str
    holds: Callable[[object], bool]
    required: bool = False


def broken(rules: Iterable[Rule], members: Members) -> Iterator[Rule]:
    """Yield the rules that do not hold, in their order."""
    for rule in rules:
        value = members.get(rule.member, _ABSENT)
        if rule.required if value is _ABSENT else not rule.holds(value):
            yield rule


def check(rules: Iterable[Rule], members: Members) -> None:
    """Raise InvalidToken for the first rule that does not hold."""
    for rule in broken(rules, members):
        raise InvalidToken(rule.code, rule.description)


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


def _must_be_absent(_: object) -> bool:
    return False


_EXTENDED = "The token's header has extensions (crit, b64) that this API does not know."

HEADER_RULES = (
    Rule(
        "alg",
        "invalid_header",
        "The token must be signed with RS256.",
        lambda alg: alg == "RS256",
        required=True,
    ),
    Rule("crit", "invalid_header", _EXTENDED, _must_be_absent),
    Rule("b64", "invalid_header", _EXTENDED, _must_be_absent),
    Rule("typ", "invalid_header", "The token's type (typ) must be JWT or at+jwt.", _is_jwt_type),
    Rule(
        "kid", "invalid_header", "The token's header has no key ID (kid).", _is_text, required=True
    ),
)
"""`jwk`, `jku`, `x5u` and `x5c` are never looked at: a token does not choose its own key."""


def claim_rules(issuer: str, audience: str, clock: Callable[[], float]) -> tuple[Rule, ...]:
    """The rules for the claims of a token whose signature is good.

    `clock` gives the present time in seconds since the epoch.
    """

    def is_to_come(exp: object) -> bool:
        return not _is_number(exp) or exp > clock() - EXP_LEEWAY

    def is_past_or_near(time: object) -> bool:
        return not _is_number(time) or time <= clock() + FUTURE_LEEWAY

    def is_ours(aud: object) -> bool:
        """RFC 7519 section 4.1.3: `aud` is one string, or a list of strings that holds ours."""
        if isinstance(aud, list):
            return audience in aud and set(map(type, aud)) == {str}
        return aud == audience

    return (
        Rule(
            "exp",
            "invalid_claims",
            "The token has no expiry (exp), or one that is not a number.",
            _is_number,
            required=True,
        ),
        Rule("exp", "token_expired", "The token has expired.", is_to_come),
        Rule(
            "nbf",
            "invalid_claims",
            "The token's not-before time (nbf) is not a number.",
            _is_number,
        ),
        Rule("nbf", "invalid_claims", "The token is not valid yet (nbf).", is_past_or_near),
        Rule("iat", "invalid_claims", "The token's issue time (iat) is not a number.", _is_number),
        Rule("iat", "invalid_claims", "The token was issued in the future (iat).", is_past_or_near),
        Rule(
            "iss",
            "invalid_issuer",
            "The token was issued by another tenant (iss).",
            lambda iss: iss == issuer,
            required=True,
        ),
        Rule(
            "aud",
            "invalid_audience",
            "The token was issued for another audience (aud).",
            is_ours,
            required=True,
        ),
        Rule("sub", "invalid_claims", "The token has no subject (sub).", _is_text, required=True),
        Rule(
            "cnf",
            "invalid_claims",
            "The token is bound to a key (cnf); this API takes plain bearer tokens only.",
            _must_be_absent,
        ),
    )
