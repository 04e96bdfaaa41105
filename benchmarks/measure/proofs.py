"""Proofs of possession (DPoP, RFC 9449), made before the requests that are timed."""

import hashlib
import time
import uuid
from base64 import urlsafe_b64encode

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = ("ES256", "RS256")
"""The algorithms that the rendered API accepts for proofs."""


def make_key(algorithm: str) -> ECKey | RSAKey:
    """Make the key of a client."""
    return ECKey.generate_key("P-256") if algorithm == "ES256" else RSAKey.generate_key(2048)


def make_proofs(algorithm: str, key: ECKey | RSAKey, token: str, url: str, count: int) -> list[str]:
    """Make proofs for GET requests with an access token (RFC 9449 section 4.2).

    They are valid for 5 minutes, each for a single request.
    """
    header = {"typ": "dpop+jwt", "alg": algorithm, "jwk": key.as_dict(private=False)}
    digest = hashlib.sha256(token.encode()).digest()
    claims = {
        "htm": "GET",
        "htu": url,
        "iat": int(time.time()),
        "ath": urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }
    return [jwt.encode(header, {**claims, "jti": str(uuid.uuid4())}, key) for _ in range(count)]
