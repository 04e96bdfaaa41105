"""The calls that are timed: an RSA verification, token verifications, and requests.

Each call is made and checked once before it is timed.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Flask

from ..peers.all_peers import Verifier
from ..peers.plain_flask import protected_app
from .stopwatch import Samples, TimedCall
from .summaries import difference
from .tenant import Tenant
from .tokens import user_token

RSA = "rsa"
"""The name of `rsa_call` among the calls that are timed together."""

_WITH_RSA, _WITHOUT_RSA = "request with rsa", "request without rsa"


def rsa_call(tenant: Tenant) -> TimedCall:
    """Verify the RS256 signature of a user's token (RFC 7518 section 3.3), and nothing else."""
    message, _, signature = user_token(tenant).rpartition(".")
    signed, signature_bytes = message.encode(), urlsafe_b64decode(signature + "==")
    key = tenant.signing_key.private_key.public_key()
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return lambda: key.verify(signature_bytes, signed, scheme, digest)


def rsa_requests(tenant: Tenant, headers: Mapping[str, str]) -> dict[str, TimedCall]:
    """Send a request to a bare Flask app with and without an RSA verification in its view.

    In a request, a verification takes almost twice as long as in a loop, where the processor has
    its code and data in the caches.
    """
    apps = {
        _WITH_RSA: _app_that_calls(rsa_call(tenant)),
        _WITHOUT_RSA: _app_that_calls(lambda: None),
    }
    return {name: request_call(app, "/private", headers, 200) for name, app in apps.items()}


def rsa_in_request(samples: Mapping[str, Samples]) -> Samples:
    """Return what one RSA verification adds to a request, from the samples of `rsa_requests`."""
    return difference(samples[_WITH_RSA], samples[_WITHOUT_RSA])


def _app_that_calls(call: TimedCall) -> Flask:
    """Make an app whose private endpoint accepts every token after a call."""

    def verify(token: str) -> Mapping[str, object]:
        call()
        return {"sub": token[:8]}

    return protected_app(verify)


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
