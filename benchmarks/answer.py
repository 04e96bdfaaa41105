"""The one answer that every measured app gives, so that apps differ in their protection alone."""

SUBJECT = "auth0|507020200531415926535897"
"""A user's `sub` as Auth0 makes them: the connection and 24 digits."""


def hello(subject: object = SUBJECT) -> dict[str, object]:
    """Return the JSON body; an endpoint that anyone may call names the same subject as a text."""
    return {"message": "Hello!", "sub": subject}
