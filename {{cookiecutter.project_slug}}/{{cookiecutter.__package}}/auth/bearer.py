"""From the Authorization header to the access token (RFC 6750 section 2.1).

Query strings and form fields are not read: a token in a URL ends up in logs.
"""

from .rejections import TOKEN_MISSING, WRONG_SCHEME, Unauthenticated


def read_bearer(header: str | None) -> str | None:
    """Return the token in an Authorization header, not yet verified; None without such a header.

    Raises Unauthenticated for another scheme, or without a token. Only spaces and tabs are stripped:
    `str.split()` also splits on a no-break space.
    """
    value = (header or "").strip(" \t")
    if not value:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(WRONG_SCHEME)
    token = token.lstrip(" ")
    if not token:
        raise Unauthenticated(TOKEN_MISSING)
    return token
