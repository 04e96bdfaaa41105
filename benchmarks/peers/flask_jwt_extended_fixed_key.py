"""Flask-JWT-Extended with RS256 and one public key in its settings.

It fetches no JWKS: users copy the key into the settings, which `make_app` does for them here.
"""

import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required
from jwt import PyJWK

from .response_body import response_body

TITLE = "Flask-JWT-Extended, one fixed key"

make_verifier = None  # it only verifies within an app context


def make_app(domain: str, audience: str) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["JWT_ALGORITHM"] = "RS256"
    app.config["JWT_PUBLIC_KEY"] = _public_key(domain)
    app.config["JWT_DECODE_AUDIENCE"] = audience
    app.config["JWT_DECODE_ISSUER"] = f"https://{domain}/"
    JWTManager(app)

    @app.get("/public")
    def public() -> dict[str, object]:
        return response_body()

    @app.get("/private")
    @jwt_required()  # type: ignore[untyped-decorator]  # mypy does not follow its imports
    def private() -> dict[str, object]:
        return response_body(get_jwt_identity())

    return app


def _public_key(domain: str) -> str:
    """Return the tenant's first key in PEM."""
    jwks = requests.get(f"https://{domain}/.well-known/jwks.json", timeout=10).json()
    key = PyJWK(jwks["keys"][0]).key
    pem: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()
