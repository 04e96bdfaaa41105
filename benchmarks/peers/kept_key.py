"""python-jose with the key objects made once and kept: the least that it can cost by hand."""

from collections.abc import Callable

import requests
from flask import Flask
from jose import JWTError, jwk, jwt

from .by_hand import app_around

TITLE = "python-jose, kept keys"


def make_verifier(domain: str, audience: str) -> Callable[[str], dict[str, object]]:
    issuer = f"https://{domain}/"
    key_set = requests.get(f"{issuer}.well-known/jwks.json", timeout=10).json()
    keys = {key["kid"]: jwk.construct(key) for key in key_set["keys"]}

    def verify(token: str) -> dict[str, object]:
        key = keys.get(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise JWTError("unknown kid")
        claims: dict[str, object] = jwt.decode(
            token, key, algorithms=["RS256"], audience=audience, issuer=issuer
        )
        return claims

    return verify


def make_app(domain: str, audience: str) -> Flask:
    return app_around(make_verifier(domain, audience), JWTError)
