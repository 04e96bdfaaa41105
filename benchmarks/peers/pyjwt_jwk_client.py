"""PyJWT and its PyJWKClient, as in its usage examples: https://pyjwt.readthedocs.io/."""

from collections.abc import Callable
from typing import Any

import jwt
from flask import Flask

from .plain_flask import protected_app

TITLE = "PyJWT, PyJWKClient"


def make_verifier(domain: str, audience: str) -> Callable[[str], dict[str, Any]]:
    issuer = f"https://{domain}/"
    client = jwt.PyJWKClient(f"{issuer}.well-known/jwks.json")

    def verify(token: str) -> dict[str, Any]:
        key = client.get_signing_key_from_jwt(token)
        return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)

    return verify


def make_app(domain: str, audience: str) -> Flask:
    return protected_app(make_verifier(domain, audience), jwt.PyJWTError)
