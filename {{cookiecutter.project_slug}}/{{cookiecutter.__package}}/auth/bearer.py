"""From the Authorization header to the text of the access token (RFC 6750 section 2.1).

No query string and no form field is read: a token in a URL ends up in logs.
"""

from .errors import InvalidAuthorization, MissingAuthorization


def read_bearer(header: str | None) -> str:
    """Return the token text of an Authorization header's value, not yet judged.

    Spaces and tabs alone are blanks here: `str.split()` would also split on a no-break space.

    Raises:
        MissingAuthorization: there is no header, or it is blank.
        InvalidAuthorization: it has another scheme, or nothing behind the scheme.
    """
    value = (header or "").strip(" \t")
    if not value:
        raise MissingAuthorization
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidAuthorization("The Authorization header must have the scheme Bearer.")
    token = token.lstrip(" ")
    if not token:
        raise InvalidAuthorization("The Authorization header has no token behind the scheme.")
    return token
