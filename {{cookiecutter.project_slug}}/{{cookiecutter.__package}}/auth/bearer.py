"""Reads the access token from the Authorization header, and from nowhere else (RFC 6750, 2.1)."""

from .rejections import TOKEN_MISSING, WRONG_SCHEME, Unauthenticated


def read_bearer(header: str | None) -> str | None:
    """Return the unverified token; None without a header. Raises Unauthenticated.

    Only spaces and tabs are stripped: `str.split()` also splits on a no-break space.
    """
    value = (header or "").strip(" \t")
    if not value:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(WRONG_SCHEME)
    if not token:
        raise Unauthenticated(TOKEN_MISSING)
    return token.lstrip(" ")
