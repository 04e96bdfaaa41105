"""The response body of every measured endpoint, so that apps differ only in their protection."""

SUBJECT = "auth0|507020200531415926535897"
"""A `sub` like those of Auth0's users: the connection and 24 digits."""


def response_body(subject: object = SUBJECT) -> dict[str, object]:
    """Return the body for a token's subject; public endpoints use a constant of the same length."""
    return {"message": "Hello!", "sub": subject}
