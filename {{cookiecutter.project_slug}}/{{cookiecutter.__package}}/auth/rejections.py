"""Every rejection in one place: status, code, challenge, description and hint.

Descriptions are constants and contain no part of a token. Hints are only for developers.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from ..errors import error_response

MAX_TOKEN_LENGTH = 16_384  # characters: about 200 permissions, each of them in two claims
CHALLENGES = "auth0_challenges"  # in app.extensions: replaces bearer_challenge
VERIFIED = "auth0_access_token"  # on the request: another app may receive the same environ

_log = logging.getLogger(__name__)
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request is rejected."""

    status: int
    error: str  # in the challenge (RFC 6750 section 3.1)
    code: str
    description: str
    hint: str = "send an access token exactly as Auth0 issued it"


def loggable(fields: Mapping[str, object]) -> dict[str, object]:
    """Return only fields that look like identifiers: a token may contain anything."""
    return {k: v for k, v in fields.items() if isinstance(v, str) and _IDENTIFIER.fullmatch(v)}


_no_token = partial(Reason, 401, "")
_no_bearer = partial(_no_token, "invalid_header", hint="send the word Bearer, a space, the token")
_invalid_token = partial(Reason, 401, "invalid_token")
_invalid_header = partial(_invalid_token, "invalid_header")
_invalid_claims = partial(_invalid_token, "invalid_claims")
_insufficient = partial(Reason, 403, "insufficient_scope")

_CLOCK = "set the clock of this machine, which is behind the tenant's"

AUTHORIZATION_MISSING = _no_token(
    "authorization_header_missing",
    "The Authorization header is missing: send 'Authorization: Bearer <access token>'.",
    "send the header; check whether a proxy removes it",
)
WRONG_SCHEME = _no_bearer("The Authorization header must use the Bearer scheme.")
TOKEN_MISSING = _no_bearer("The Authorization header has no token after the scheme.")

TOO_LONG = _invalid_header(
    f"The token is longer than {MAX_TOKEN_LENGTH} characters.", "assign fewer permissions"
)
NOT_SIGNED_JWT = _invalid_header(
    "The token is not a signed JWT of three segments: request the audience of this API to get one.",
    "request the audience of this API; for an encrypted token, turn off encryption in Auth0",
)
SECOND_SCHEME = _invalid_header("The Authorization header has the word Bearer more than once.")
PLACEHOLDER = _invalid_header(
    "There is a placeholder or an empty variable, such as undefined or null, instead of the token.",
    "check the variable that holds the token; wait (await) until the client has it",
)
INVALID_CHARACTERS = _invalid_header("The token has characters that no JWT has, such as quotes.")
NOT_BASE64URL = _invalid_header("The token is not base64url-encoded.")
NOT_JSON_OBJECTS = _invalid_header("The token's header and payload must be JSON objects.")
WRONG_ALGORITHM = _invalid_header(
    "The token must be signed with RS256.", "select RS256 on the API's Settings tab in Auth0"
)
UNKNOWN_EXTENSION = _invalid_header("The token's header has an unknown extension (crit, b64).")
WRONG_TYPE = _invalid_header("The token's type (typ) must be JWT or at+jwt.")
NO_KEY_ID = _invalid_header("The token's header has no key ID (kid).")
UNKNOWN_KEY = _invalid_header(
    "The tenant has no signing key with this key ID (kid).", "get a new token: keys can be revoked"
)
WRONG_SIGNATURE = _invalid_header("The token's signature does not match the tenant's signing key.")

INVALID_EXPIRY = _invalid_claims("The token has no expiry (exp), or one that is not a number.")
EXPIRED = _invalid_token("token_expired", "The token has expired.", "get a new one; set the clock")
INVALID_NOT_BEFORE = _invalid_claims("The token's not-before time (nbf) is not a number.")
NOT_YET_VALID = _invalid_claims("The token is not valid yet (nbf).", _CLOCK)
INVALID_ISSUED_AT = _invalid_claims("The token's issue time (iat) is not a number.")
ISSUED_IN_FUTURE = _invalid_claims("The token was issued in the future (iat).", _CLOCK)
WRONG_ISSUER = _invalid_token(
    "invalid_issuer",
    "The token was issued by another tenant (iss).",
    "use the same domain in the client and in AUTH0_DOMAIN",
)
WRONG_AUDIENCE = _invalid_token(
    "invalid_audience",
    "The token was issued for another audience (aud).",
    "use an access token (not an ID token) for exactly this audience, including any trailing slash",
)
NO_SUBJECT = _invalid_claims("The token has no subject (sub).")
SENDER_CONSTRAINED = _invalid_claims(
    "The token is bound to a key (cnf) in a way that this API does not support.",
    "request the token without DPoP and without mTLS",
)

INSUFFICIENT_SCOPE = _insufficient(
    "insufficient_scope",
    "The access token lacks a scope that this endpoint requires.",
    "request the scope; allow it for the application; with RBAC, assign it to the user",
)
INSUFFICIENT_PERMISSIONS = _insufficient(
    "insufficient_scope",
    "The access token lacks a permission that this endpoint requires.",
    "assign the permission to the user; turn on RBAC and Add Permissions in the Access Token",
)
INSUFFICIENT_CLAIMS = _insufficient(
    "insufficient_claims",
    "A claim of the access token does not have a value that this endpoint requires.",
    "compare the claim with @requires_claim; for an organization, log in to that organization",
)
KEYS_UNAVAILABLE = Reason(
    503, "", "keys_unavailable", "The signing keys are temporarily unavailable.", "see the log"
)


class Rejection(HTTPException):
    """A rejected request. The response is the same wherever the rejection is raised."""

    scope = ""  # the scopes that the endpoint requires, space-separated
    _is_logged = False

    def __init__(self, reason: Reason, **identifiers: object) -> None:
        """`identifiers` are logged unless the request has a verified token, which has its own."""
        super().__init__(reason.description)
        self.reason = reason
        self._identifiers = identifiers

    def __reduce__(self) -> tuple[object, ...]:  # Flask-Caching pickles exceptions
        return type(self).__new__, (type(self),), vars(self) | {"_is_logged": False}

    @property
    def data(self) -> object:
        """The body, for extensions that build the response to an exception themselves."""
        return self.get_response().get_json()

    def get_response(self, *_: object, **__: object) -> Response:
        """Build the response, and log the rejection once."""
        reason = self.reason
        if not self._is_logged:
            self._is_logged = True
            token = getattr(request, VERIFIED, None)
            fields = loggable(token.identifiers if token else self._identifiers)
            if current_app.debug:
                fields |= {"description": reason.description, "hint": reason.hint}
            _log.info("Request rejected", extra={"code": reason.code, **fields})
        return error_response(reason.status, reason.code, reason.description, self._headers())

    def _headers(self) -> Iterator[tuple[str, str]]:
        """Yield the challenge (RFC 6750 section 3), if another token could help."""
        reason, error, others = self.reason, "", ""
        if reason.error:
            error = f', error="{reason.error}", error_description="{reason.description}"'
        if self.scope and (not reason.error or reason is INSUFFICIENT_SCOPE):
            others += f', scope="{self.scope}"'
        if self.code == 401 and (url := current_app.config.get("RESOURCE_METADATA_URL")):
            others += f', resource_metadata="{url}"'  # RFC 9728 section 5.1
        if self.code == 401 or reason.error:
            write = current_app.extensions.get(CHALLENGES, bearer_challenge)
            yield from (("WWW-Authenticate", each) for each in write(error, others))


def bearer_challenge(error: str, others: str) -> list[str]:
    return [f'Bearer realm="api"{error}{others}']


class Unauthenticated(Rejection):
    """There is no access token, or it is not valid."""

    code = 401  # on the class, where Flask reads it to find the error handler


class InsufficientScope(Rejection):
    """The access token is valid but does not meet a requirement of the policy."""

    code = 403


class Forbidden(Rejection):
    """The access token is valid, but a view rejects the request for its own reason."""

    code = 403

    def __init__(self, code: str, description: str) -> None:
        """`code` is for programs, `description` for people. Neither may contain a secret."""
        super().__init__(Reason(403, "", code, description, "see the view that raised Forbidden"))


class KeysUnavailable(Rejection):
    """No token can be verified."""

    code = 503

    def __init__(self, retry_after: int) -> None:
        """`retry_after`: seconds until the keys are fetched again (RFC 9110 section 10.2.3)."""
        super().__init__(KEYS_UNAVAILABLE)
        self.retry_after = retry_after

    def _headers(self) -> Iterator[tuple[str, str]]:
        yield "Retry-After", str(self.retry_after)
