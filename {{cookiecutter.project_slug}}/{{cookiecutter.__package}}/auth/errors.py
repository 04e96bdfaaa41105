"""The ways in which a request is refused: a small tree, each kind with status, code, challenge.

Descriptions are constants. Neither an exception's text nor a piece of a token goes into one, so
an answer tells an attacker nothing that the token did not say already.
"""

import re
from typing import ClassVar

from .rules import Broken

NO_AUTHORIZATION = Broken(
    "authorization_header_missing",
    "The Authorization header is missing: send 'Authorization: Bearer <access token>'.",
)
TOO_LITTLE = Broken(
    "insufficient_scope",
    "The access token lacks a scope or permission that this endpoint requires.",
)
NO_KEYS = Broken(
    "keys_unavailable",
    "The signing keys of the authorization server cannot be had at the moment.",
)

_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,128}")


class AuthError(Exception):
    """A request that is not let in, and the rule that it breaks."""

    status: ClassVar[int] = 401

    def __init__(self, rule: Broken, **identifiers: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self._identifiers = identifiers

    @property
    def code(self) -> str:
        """For programs: in the body of the answer."""
        return self.rule.code

    @property
    def description(self) -> str:
        """For people: in the body of the answer."""
        return self.rule.description

    @property
    def identifiers(self) -> dict[str, str]:
        """For the log: the key ID and the client ID of the token, as far as well formed."""
        return {
            name: value
            for name, value in self._identifiers.items()
            if isinstance(value, str) and _IDENTIFIER.fullmatch(value)
        }

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer. RFC 6750 section 3: a 401 carries a challenge."""
        return {"WWW-Authenticate": 'Bearer realm="api"'}


class MissingAuthorization(AuthError):
    """RFC 6750 section 3.1: without authentication information the challenge has no error."""

    def __init__(self) -> None:
        super().__init__(NO_AUTHORIZATION)


class InvalidAuthorization(AuthError):
    """An Authorization header that holds no bearer token: the challenge has no error either."""

    def __init__(self, description: str) -> None:
        super().__init__(Broken("invalid_header", description))


class InvalidToken(AuthError):
    """RFC 6750 section 3.1: expired, revoked, malformed, or invalid for other reasons."""

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": _challenge("invalid_token", self.description)}


class InsufficientScope(AuthError):
    """RFC 6750 section 3.1: the request requires higher privileges than the token has."""

    status = 403

    def __init__(self, needed: str, **identifiers: object) -> None:
        """`needed`: the scopes or permissions that the endpoint asks for, space-separated."""
        super().__init__(TOO_LITTLE, **identifiers)
        self.needed = needed

    @property
    def headers(self) -> dict[str, str]:
        challenge = _challenge("insufficient_scope", self.description)
        return {"WWW-Authenticate": f'{challenge}, scope="{self.needed}"'}


class KeysUnavailable(AuthError):
    """The tenant's signing keys cannot be had, so no token can be judged, good or bad."""

    status = 503

    def __init__(self, retry_after: int) -> None:
        """`retry_after`: seconds until the keys are asked for again (RFC 9110, 10.2.3)."""
        super().__init__(NO_KEYS)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


def _challenge(error: str, description: str) -> str:
    return f'Bearer realm="api", error="{error}", error_description="{description}"'
