"""The calls that are timed: an RSA verification, token verifications, and requests.

Each call is made and checked once before it is timed.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Flask

from ..peers.all_peers import Verifier
from .stopwatch import TimedCall
from .tenant import Tenant
from .tokens import user_token

RSA = "rsa"
"""The name of `rsa_call` among the calls that are timed together."""


def rsa_call(tenant: Tenant) -> TimedCall:
    """Verify the RS256 signature of a user's token (RFC 7518 section 3.3), and nothing else."""
    message, _, signature = user_token(tenant).rpartition(".")
    signed, signature_bytes = message.encode(), urlsafe_b64decode(signature + "==")
    key = tenant.signing_key.private_key.public_key()
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return lambda: key.verify(signature_bytes, signed, scheme, digest)


def accepted_call(verify: Verifier, token: str) -> TimedCall:
    """Verify a token that is accepted, with cached keys."""
    if verify(token) is None:
        raise RuntimeError(f"{verify!r} rejects a valid token.")
    return lambda: verify(token)


def rejected_call(verify: Verifier, token: str, rejection: type[Exception]) -> TimedCall:
    """Verify a token that is rejected, and catch the error as the app does."""

    def call() -> None:
        try:
            verify(token)
        except rejection:
            return
        raise RuntimeError(f"{verify!r} accepts an invalid token.")

    call()
    return call


def request_call(app: Flask, path: str, headers: Mapping[str, str], status: int) -> TimedCall:
    """Send a GET request through Flask's test client, with an expected status."""
    client = app.test_client()
    first = client.get(path, headers=headers).status_code
    if first != status:
        raise RuntimeError(f"{app.name} responds to {path} with {first}, expected {status}.")
    return lambda: client.get(path, headers=headers)
