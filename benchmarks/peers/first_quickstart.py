"""The first edition of Auth0's Flask quickstart, which fetches the JWKS for each request."""

import json
from collections.abc import Mapping
from urllib.request import urlopen

from flask import Flask
from jose import JWTError, jwt

from .plain_flask import protected_app

TITLE = "Auth0's first Flask quickstart"

make_verifier = None  # without cached keys it would only measure the fetch


def make_app(domain: str, audience: str) -> Flask:
    issuer = f"https://{domain}/"

    def verify(token: str) -> Mapping[str, object]:
        with urlopen(f"{issuer}.well-known/jwks.json") as response:  # noqa: S310, always https
            jwks = json.load(response)
        kid = jwt.get_unverified_header(token).get("kid")
        matching = [key for key in jwks["keys"] if key["kid"] == kid]
        if not matching:
            raise JWTError("unknown kid")
        rsa_key = {member: matching[0][member] for member in ("kty", "kid", "use", "n", "e")}
        claims: dict[str, object] = jwt.decode(
            token, rsa_key, algorithms=["RS256"], audience=audience, issuer=issuer
        )
        return claims

    return protected_app(verify, JWTError)
