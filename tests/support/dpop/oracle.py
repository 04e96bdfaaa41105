"""A second implementation of the rules for DPoP: PyJWT and `cryptography`, and RFC 3986 by hand.

It shares no code with the rendered API, so a mistake would have to be made twice.
"""

import base64
import hashlib
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .keys import thumbprint
from .proofs import Request

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
ALLOWED = frozenset(UNRESERVED + "!$&'()*+,;=:@/%")
"""The characters of a path (RFC 3986 section 3.3)."""

FAILURES = (
    *(jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError, KeyError, UnicodeError),
    AttributeError,
)
"""What parsers of untrusted input raise."""


class Rejected(Exception):  # noqa: N818  # not an error
    """A rule is violated."""


class Oracle:
    """Judges requests to one API, with the tenant's keys."""

    def __init__(
        self, issuer: str, audience: str, keys: Mapping[str, Any], public_url: str
    ) -> None:
        """`keys` are RSA public keys by key ID."""
        self._issuer, self._audience, self._keys = issuer, audience, keys
        self._url = public_url
        self._used: set[tuple[str, str]] = set()

    def accepts(self, request: Request, *, required: bool) -> bool:
        """Return whether a request is accepted. An accepted proof is not accepted again."""
        try:
            match = re.fullmatch(
                r"[ \t]*(dpop|bearer) +([\w.-]+)[ \t]*",
                request.authorization or "",
                re.ASCII | re.I,
            )
            _hold(match is not None and len(match[2]) <= 16_384)
            assert match is not None
            claims = self._token(match[2])
            if match[1].lower() == "bearer":
                return not required and "cnf" not in claims
            _hold(isinstance(claims["cnf"], dict) and isinstance(claims["cnf"]["jkt"], str))
            self._proof(request, match[2], claims["cnf"]["jkt"])
        except (Rejected, *FAILURES):
            return False
        return True

    def _token(self, token: str) -> dict[str, Any]:
        _canonical(token)
        header = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=["RS256"],
            audience=self._audience,
            issuer=self._issuer,
            options={"require": ["exp", "iss", "aud", "sub"], "verify_jti": False},
        )
        _hold(bool(claims["sub"]))
        return claims

    def _proof(self, request: Request, token: str, binding: str) -> None:
        proof = request.proof or ""
        _hold(len(proof) <= 8_192)
        header, claims = _canonical(proof)
        alg, jwk = header["alg"], header["jwk"]
        _hold(header["typ"] == "dpop+jwt" and not header.keys() & {"crit", "b64"})
        _hold(not jwk.keys() & PRIVATE)
        key = _key(alg, jwk)
        _hold(thumbprint(jwk) == binding)
        _hold(claims["htm"] == request.method)
        target = request.target.partition("?")[0]
        _hold(_normal(claims["htu"]) == _normal(self._url + target))
        iat = claims["iat"]
        _hold(type(iat) in (int, float) and math.isfinite(float(iat)))
        _hold(-30 <= time.time() - iat <= 300)
        digest = hashlib.sha256(token.encode()).digest()
        _hold(claims["ath"] == base64.urlsafe_b64encode(digest).decode().rstrip("="))
        jti = claims["jti"]
        _hold(isinstance(jti, str) and 1 <= len(jti) <= 256)
        jwt.PyJWS().decode(proof, key, algorithms=[alg])
        _hold((binding, jti) not in self._used)
        self._used.add((binding, jti))


def _hold(condition: bool) -> None:
    if not condition:
        raise Rejected


def _canonical(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload of three segments of canonical base64url, two of them of JSON."""
    segments = token.split(".")
    _hold(len(segments) == 3 and all(segments) and token.isascii())
    decoded = []
    for segment in segments:
        padded = segment + "=" * (-len(segment) % 4)
        decoded.append(base64.b64decode(padded, altchars=b"-_", validate=True))
        _hold(base64.urlsafe_b64encode(decoded[-1]).decode().rstrip("=") == segment)
    header, payload = (json.loads(text.decode()) for text in decoded[:2])
    _hold(isinstance(header, dict) and isinstance(payload, dict))
    return header, payload


def _number(text: object, size: int | None = None) -> int:
    """Return a number of a JWK (RFC 7518 section 6): canonical, of this many bytes."""
    _hold(isinstance(text, str) and text.isascii())
    assert isinstance(text, str)
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    _hold(base64.urlsafe_b64encode(data).decode().rstrip("=") == text)
    _hold(len(data) == size if size else data[:1] != b"\0")
    return int.from_bytes(data)


def _key(alg: object, jwk: Mapping[str, Any]) -> Any:
    _hold(jwk.get("alg", alg) == alg and jwk.get("use", "sig") == "sig")
    _hold("verify" in jwk.get("key_ops", ["verify"]) and isinstance(jwk.get("key_ops", []), list))
    if alg == "ES256":
        _hold(jwk["kty"] == "EC" and jwk["crv"] == "P-256")
        x, y = _number(jwk["x"], 32), _number(jwk["y"], 32)
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    _hold(alg == "RS256" and jwk["kty"] == "RSA")
    n, e = _number(jwk["n"]), _number(jwk["e"])
    _hold(2_048 <= n.bit_length() <= 8_192 and 3 <= e <= 2**32 and bool(e % 2))
    return rsa.RSAPublicNumbers(e, n).public_key()


def _normal(url: object) -> tuple[str, str, str, str]:
    """Return scheme, host, port and path of a URL (RFC 3986 sections 6.2.2 and 6.2.3)."""
    _hold(isinstance(url, str) and url.isascii() and url.isprintable() and " " not in url)
    match = re.match(r"^(https?)://([^/?#]*)([^?#]*)", str(url), re.IGNORECASE)
    _hold(match is not None)
    assert match is not None
    scheme, authority, path = match[1].lower(), match[2].lower(), match[3]
    host, _, port = authority.partition(":")
    _hold(bool(re.fullmatch(r"[a-z0-9._~-]+", host)) and bool(re.fullmatch(r"[0-9]*", port)))
    port = "" if port == {"https": "443", "http": "80"}[scheme] else port
    _hold(ALLOWED.issuperset(path))
    return scheme, host, port, _path(path) or "/"


def _path(path: str) -> str:
    pieces = path.split("%")
    written = pieces[0]
    for piece in pieces[1:]:
        _hold(bool(re.match("[0-9A-Fa-f]{2}", piece)))
        letter = chr(int(piece[:2], 16))
        written += (letter if letter in UNRESERVED else f"%{piece[:2].upper()}") + piece[2:]
    kept: list[str] = []
    segments = written.split("/")
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
            continue
        if is_last:
            kept.append("")
    return "/".join(kept)
