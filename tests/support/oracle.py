"""A second implementation of token verification: PyJWT, and the rules that PyJWT does not check.

It shares no code with the rendered API, so both do not have the same bugs.
"""

import base64
import math
import re
import time
from collections.abc import Mapping
from typing import Any

import jwt

LEEWAYS = {"exp": -5.0, "nbf": 60.0, "iat": 60.0}
"""The leeway in seconds: `exp` may be this far in the past, `nbf` and `iat` in the future."""


class Oracle:
    """Verifies Authorization headers for one tenant, one audience and one set of keys."""

    def __init__(self, issuer: str, audience: str, keys: Mapping[str, Any]) -> None:
        """`keys` are RSA public keys by key ID."""
        self._issuer = issuer
        self._audience = audience
        self._keys = keys

    def claims(self, authorization: str) -> dict[str, Any] | None:
        """Return the claims if the header is valid, else None."""
        match = re.fullmatch(r"[ \t]*bearer +([\w.-]+)[ \t]*", authorization, re.ASCII | re.I)
        if match is None or len(match[1]) > 16_384:
            return None
        try:
            return self._decode(match[1])
        except (jwt.PyJWTError, ValueError, RecursionError, OverflowError, TypeError):
            return None

    def _decode(self, token: str) -> dict[str, Any] | None:
        segments = token.split(".")
        if len(segments) != 3 or not all(map(_is_canonical, segments)):
            return None
        header = jwt.get_unverified_header(token)
        if "crit" in header or "b64" in header or not _is_type(header.get("typ", "JWT")):
            return None
        kid = header.get("kid")
        if not isinstance(kid, str) or kid not in self._keys:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[kid],
            algorithms=["RS256"],
            audience=self._audience,
            issuer=self._issuer,
            leeway=61,
            options={"require": ["exp", "iss", "aud", "sub"], "verify_jti": False},
        )
        if not claims["sub"] or "cnf" in claims or not isinstance(claims["iss"], str):
            return None
        return claims if all(_is_in_time(name, claims) for name in LEEWAYS) else None


def _is_canonical(segment: str) -> bool:
    decoded = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    return base64.urlsafe_b64encode(decoded).decode().rstrip("=") == segment


def _is_type(typ: object) -> bool:
    return isinstance(typ, str) and bool(re.fullmatch(r"(application/)?(jwt|at\+jwt)", typ, re.I))


def _is_in_time(name: str, claims: Mapping[str, Any]) -> bool:
    if name not in claims:
        return name != "exp"
    value = claims[name]
    if type(value) not in (int, float) or (type(value) is float and not math.isfinite(value)):
        return False
    ahead = value - time.time() if abs(value) < 2**60 else value
    return bool(ahead > LEEWAYS[name] if name == "exp" else ahead <= LEEWAYS[name])
