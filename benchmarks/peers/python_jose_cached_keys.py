"""python-jose with cached key objects: about as fast as python-jose can be."""

from collections.abc import Callable

import requests
from flask import Flask
from jose import JWTError, jwk, jwt

from .plain_flask import protected_app

TITLE = "python-jose, cached keys"


def make_verifier(domain: str, audience: str) -> Callable[[str], dict[str, object]]:
    issuer = f"https://{domain}/"
    jwks = requests.get(f"{issuer}.well-known/jwks.json", timeout=10).json()
    keys = {key["kid"]: jwk.construct(key) for key in jwks["keys"]}

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
    return protected_app(make_verifier(domain, audience), JWTError)
