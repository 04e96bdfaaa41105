"""Authlib's ResourceProtector, as in the second edition of Auth0's Flask quickstart.

The quickstart imports its KeySet from Authlib, which has since moved it to joserfc:
https://jose.authlib.org/en/dev/migrations/authlib/.
"""

import json
from collections.abc import Callable
from urllib.request import urlopen

from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.oauth2.rfc7523 import JWTBearerTokenValidator
from flask import Flask
from joserfc.jwk import KeySet

from .response_body import response_body

TITLE = "Authlib, ResourceProtector"


class _Validator(JWTBearerTokenValidator):  # type: ignore[misc]  # Authlib has no type hints
    """Accepts a tenant's access tokens, by the JWKS that it fetches when the app starts."""

    def __init__(self, domain: str, audience: str) -> None:
        issuer = f"https://{domain}/"
        with urlopen(f"{issuer}.well-known/jwks.json") as response:  # noqa: S310, always https
            super().__init__(KeySet.import_key_set(json.load(response)))
        self.claims_options = {
            "exp": {"essential": True},
            "aud": {"essential": True, "value": audience},
            "iss": {"essential": True, "value": issuer},
        }


def make_verifier(domain: str, audience: str) -> Callable[[str], object]:
    authenticate: Callable[[str], object] = _Validator(domain, audience).authenticate_token
    return authenticate


def make_app(domain: str, audience: str) -> Flask:
    app = Flask(__name__, static_folder=None)
    require_auth = ResourceProtector()
    require_auth.register_token_validator(_Validator(domain, audience))

    @app.get("/public")
    def public() -> dict[str, object]:
        return response_body()

    @app.get("/private")
    @require_auth(None)  # type: ignore[untyped-decorator]  # Authlib has no type hints
    def private() -> dict[str, object]:
        return response_body(current_token["sub"])

    return app
