"""The rules for JOSE headers and claims, in the order in which they are checked.

Sources: RFC 7515 section 4.1 (JOSE header), RFC 7519 section 4.1 (claims), RFC 8725 (best
practice), RFC 9068 (JWT access tokens). All violations are yielded, so a command can list them.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from . import rejections
from .rejections import Reason

Members = Mapping[str, object]  # of a JSON object

EXP_LEEWAY = 5  # seconds that a token is accepted after its expiry
FUTURE_LEEWAY = 60  # seconds that nbf and iat may be in the future, for slow clocks

_JWT_TYPE = re.compile(r"(?ai:(application/)?(at\+)?jwt)")  # RFC 7515 section 4.1.9


def header_violations(header: Members) -> Iterator[tuple[str, Reason]]:
    """Yield members that violate a rule, and why. The keys jwk, jku, x5u and x5c are not read."""
    if header.get("alg") != "RS256":
        yield "alg", rejections.WRONG_ALGORITHM
    for name in sorted(header.keys() & {"b64", "crit"}):
        yield name, rejections.UNKNOWN_EXTENSION
    typ = header.get("typ", "JWT")
    if not isinstance(typ, str) or not _JWT_TYPE.fullmatch(typ):
        yield "typ", rejections.WRONG_TYPE
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        yield "kid", rejections.NO_KEY_ID


def claim_violations(claims: Members, audience: str, now: float) -> Iterator[tuple[str, Reason]]:
    """Yield claims that violate a rule, and why. `now`: seconds since the epoch."""
    exp = claims.get("exp")
    if not _is_number(exp):
        yield "exp", rejections.INVALID_EXPIRY
    elif exp <= now - EXP_LEEWAY:
        yield "exp", rejections.EXPIRED
    nbf, iat = claims.get("nbf", now), claims.get("iat", now)
    if not _is_number(nbf):
        yield "nbf", rejections.INVALID_NOT_BEFORE
    elif nbf > now + FUTURE_LEEWAY:
        yield "nbf", rejections.NOT_YET_VALID
    if not _is_number(iat):
        yield "iat", rejections.INVALID_ISSUED_AT
    elif iat > now + FUTURE_LEEWAY:
        yield "iat", rejections.ISSUED_IN_FUTURE
    aud = claims.get("aud")  # RFC 7519 section 4.1.3: one string or a list of strings
    if audience not in (aud if isinstance(aud, list) and {*map(type, aud)} == {str} else [aud]):
        yield "aud", rejections.WRONG_AUDIENCE
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        yield "sub", rejections.NO_SUBJECT
    if "cnf" in claims:
        yield "cnf", rejections.SENDER_CONSTRAINED


def _is_number(value: object) -> TypeGuard[int | float]:
    """RFC 7519 section 2, NumericDate: neither a JSON `true`, nor NaN, nor an infinity."""
    return type(value) is int or (type(value) is float and math.isfinite(value))
