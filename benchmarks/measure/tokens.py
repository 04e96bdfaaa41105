"""A user's access token, and tokens that the API rejects."""

import time
from base64 import urlsafe_b64decode

from ..peers.response_body import SUBJECT
from .tenant import Tenant

SCOPE = "openid profile email read:messages write:messages"
PERMISSIONS = [
    "read:messages",
    "write:messages",
    "delete:messages",
    "read:reports",
    "manage:members",
]


def user_token(tenant: Tenant, **claims: object) -> str:
    """Return a token of about 1,000 characters: a user, two audiences, scopes and permissions."""
    return tenant.token(SCOPE, PERMISSIONS, SUBJECT, **claims)


def rejected_tokens(tenant: Tenant) -> dict[str, str]:
    """Return tokens like `user_token`'s with one fault each, by the reason for their rejection."""
    valid = user_token(tenant)
    header, payload, signature = valid.split(".")
    flipped = "B" if signature[0] == "A" else "A"
    claims = urlsafe_b64decode(payload + "==")
    kid, now = tenant.signing_key.kid, int(time.time())

    def with_header(**members: str) -> str:
        return tenant.signing_key.sign({"typ": "JWT", **members}, claims)

    return {
        "wrong_signature": f"{header}.{payload}.{flipped}{signature[1:]}",
        "expired": user_token(tenant, iat=now - 90_000, exp=now - 3_600),
        "wrong_audience": user_token(tenant, aud=["https://elsewhere/api"]),
        # With fewer permissions, because the time also depends on the token's length.
        "sender_constrained": tenant.token(
            SCOPE,
            PERMISSIONS[:2],
            SUBJECT,
            cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
        ),
        "not_signed_jwt": "abc",
        "wrong_algorithm": with_header(alg="HS256", kid=kid),
        "no_key_id": with_header(alg="RS256"),
        "unknown_key": with_header(alg="RS256", kid="made-up"),
    }


def authorization(token: str) -> dict[str, str]:
    """Return the header that sends the token (RFC 6750 section 2.1)."""
    return {"Authorization": f"Bearer {token}"}
