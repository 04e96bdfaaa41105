"""What the first edition of Auth0's Flask quickstart does: it fetches the key set per request."""

import json
from collections.abc import Mapping
from urllib.request import urlopen

from flask import Flask
from jose import JWTError, jwt

from .by_hand import app_around

TITLE = "Auth0's first Flask quickstart"

make_verifier = None  # it keeps no keys, so there is nothing warm to measure


def make_app(domain: str, audience: str) -> Flask:
    issuer = f"https://{domain}/"

    def verify(token: str) -> Mapping[str, object]:
        with urlopen(f"{issuer}.well-known/jwks.json") as answer:  # noqa: S310, always https
            key_set = json.load(answer)
        kid = jwt.get_unverified_header(token).get("kid")
        named = [key for key in key_set["keys"] if key["kid"] == kid]
        if not named:
            raise JWTError("unknown kid")
        rsa_key = {member: named[0][member] for member in ("kty", "kid", "use", "n", "e")}
        claims: dict[str, object] = jwt.decode(
            token, rsa_key, algorithms=["RS256"], audience=audience, issuer=issuer
        )
        return claims

    return app_around(verify, JWTError)
