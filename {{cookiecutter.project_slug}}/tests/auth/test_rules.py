"""The rules for JOSE headers and claims: values that are just accepted, and just rejected."""

from math import inf, nan

import pytest

from {{ cookiecutter.__package }}.auth import rejections
from {{ cookiecutter.__package }}.auth.rejections import Reason
from {{ cookiecutter.__package }}.auth.rules import (
    EXP_LEEWAY,
    FUTURE_LEEWAY,
    claim_violations,
    header_violations,
)

ABSENT = "absent"
NOW = 1_800_000_000
SOON = NOW + FUTURE_LEEWAY
AUDIENCE = "https://api.test"

HEADER = {"alg": "RS256", "typ": "JWT", "kid": "a"}
CLAIMS = {"exp": NOW + 1, "nbf": NOW, "iat": NOW, "aud": AUDIENCE, "sub": "ann"}
NOT_NUMBERS: list[object] = [None, "1", "", "1_999", [], {}, True, nan, inf, -inf]


def violations(member: str, value: object) -> list[tuple[str, Reason]]:
    """Return what a valid header and valid claims violate after this member is changed in both."""
    header, claims = (
        {name: each for name, each in {**good, member: value}.items() if each is not ABSENT}
        for good in (HEADER, CLAIMS)
    )
    return [*header_violations(header), *claim_violations(claims, AUDIENCE, NOW)]


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("typ", [ABSENT, "JWT", "jwt", "at+JWT", "application/at+jwt"]),
        ("jku", ["https://evil.test/"]),
        ("exp", [NOW - EXP_LEEWAY + 0.001, NOW - EXP_LEEWAY + 1, NOW + 10**12]),
        ("nbf", [ABSENT, SOON, float(SOON), -(10**9)]),
        ("iat", [ABSENT, SOON, float(SOON), -(10**9)]),
        ("aud", [[AUDIENCE], ["https://other.test", AUDIENCE]]),
    ],
    ids=lambda value: value if isinstance(value, str) else "values",
)
def test_member_is_accepted(member: str, values: list[object]) -> None:
    for value in values:
        assert violations(member, value) == [], value


@pytest.mark.parametrize(
    ("reason", "member", "values"),
    [
        ("WRONG_ALGORITHM", "alg", [ABSENT, None, "none", "HS256", "rs256", "RS512", ["RS256"]]),
        ("UNKNOWN_EXTENSION", "crit", [None, [], ["exp"]]),
        ("UNKNOWN_EXTENSION", "b64", [None, True]),
        ("WRONG_TYPE", "typ", [None, "", "id+jwt", "text/jwt", ["JWT"]]),
        ("NO_KEY_ID", "kid", [ABSENT, None, "", 1, ["a"], {"a": 1}]),
        ("INVALID_EXPIRY", "exp", [ABSENT, *NOT_NUMBERS]),
        ("EXPIRED", "exp", [NOW - EXP_LEEWAY, float(NOW - EXP_LEEWAY), -(10**400)]),
        ("INVALID_NOT_BEFORE", "nbf", NOT_NUMBERS),
        ("NOT_YET_VALID", "nbf", [SOON + 0.001, SOON + 1, 10**400]),
        ("INVALID_ISSUED_AT", "iat", NOT_NUMBERS),
        ("ISSUED_IN_FUTURE", "iat", [SOON + 0.001, SOON + 1, 10**400]),
        ("WRONG_AUDIENCE", "aud", [ABSENT, None, AUDIENCE + "/", AUDIENCE.upper()]),
        ("WRONG_AUDIENCE", "aud", [[], [[AUDIENCE]], [AUDIENCE, 1], {AUDIENCE: 1}]),
        ("NO_SUBJECT", "sub", [ABSENT, None, "", 1, True, [], ["a"], {}]),
        ("SENDER_CONSTRAINED", "cnf", [None, {"x5t#S256": "abc"}]),
    ],
    ids=lambda value: value if isinstance(value, str) else "values",
)
def test_member_is_rejected(reason: str, member: str, values: list[object]) -> None:
    for value in values:
        assert violations(member, value) == [(member, getattr(rejections, reason))], value


def test_violations_come_in_the_order_of_the_rules() -> None:
    header = {"alg": "none", "crit": [], "typ": "", "kid": ""}
    claims = {"exp": 0, "nbf": "", "iat": "", "aud": "", "sub": "", "cnf": {}}

    assert [*header_violations(header), *claim_violations(claims, AUDIENCE, NOW)] == [
        ("alg", rejections.WRONG_ALGORITHM),
        ("crit", rejections.UNKNOWN_EXTENSION),
        ("typ", rejections.WRONG_TYPE),
        ("kid", rejections.NO_KEY_ID),
        ("exp", rejections.EXPIRED),
        ("nbf", rejections.INVALID_NOT_BEFORE),
        ("iat", rejections.INVALID_ISSUED_AT),
        ("aud", rejections.WRONG_AUDIENCE),
        ("sub", rejections.NO_SUBJECT),
        ("cnf", rejections.SENDER_CONSTRAINED),
    ]
