"""Authlib's ResourceProtector, as in the second edition of Auth0's Flask quickstart.

Since that was written Authlib has moved its keys to joserfc, whose KeySet stands here for the
deprecated one: https://jose.authlib.org/en/dev/migrations/authlib/.
"""

import json
from collections.abc import Callable
from urllib.request import urlopen

from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.oauth2.rfc7523 import JWTBearerTokenValidator
from flask import Flask
from joserfc.jwk import KeySet

from ..answer import hello

TITLE = "Authlib, ResourceProtector"


class _Validator(JWTBearerTokenValidator):  # type: ignore[misc]
    """Takes the tokens of one tenant, by the key set that it had as the app started."""

    def __init__(self, domain: str, audience: str) -> None:
        issuer = f"https://{domain}/"
        with urlopen(f"{issuer}.well-known/jwks.json") as answer:  # noqa: S310, always https
            super().__init__(KeySet.import_key_set(json.load(answer)))
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
        return hello()

    @app.get("/private")
    @require_auth(None)  # type: ignore[untyped-decorator]
    def private() -> dict[str, object]:
        return hello(current_token["sub"])

    return app
