"""What to do about a refusal: for the developer's log and command line, never for the client.

README.md, "What a refusal means", says the same in the same words.
"""

from collections.abc import Mapping

from .errors import (
    AuthError,
    InsufficientScope,
    InvalidAuthorization,
    InvalidToken,
    KeysUnavailable,
    MissingAuthorization,
)
from .rules import (
    BAD_ISSUE_TIME,
    BAD_NOT_BEFORE,
    BOUND,
    EXPIRED,
    EXTENDED,
    ISSUED_IN_FUTURE,
    NO_EXPIRY,
    NO_KEY_ID,
    NO_RS256,
    NO_SUBJECT,
    NOT_VALID_YET,
    OTHER_AUDIENCE,
    OTHER_ISSUER,
    WRONG_TYPE,
    Broken,
)
from .tokens import BAD_SIGNATURE, NO_BASE64, NO_JWT, NO_OBJECT, TOO_LONG, UNKNOWN_KEY

_UNCHANGED = "send an access token whole, as the tenant has made it"
_CLOCK = "set the clock of this machine, which is behind the tenant's"

REMEDIES: Mapping[Broken, str] = {
    TOO_LONG: "take permissions from the user or the client: the token names too many",
    NO_JWT: "let the client ask for the audience of this API; if it does, turn off the encryption"
    " of tokens in the API's settings in Auth0",
    NO_BASE64: _UNCHANGED,
    NO_OBJECT: _UNCHANGED,
    NO_RS256: "set RS256 on the API's Settings tab",
    EXTENDED: _UNCHANGED,
    WRONG_TYPE: _UNCHANGED,
    NO_KEY_ID: _UNCHANGED,
    UNKNOWN_KEY: "compare AUTH0_DOMAIN with the token's iss",
    BAD_SIGNATURE: "send the token unchanged, and compare AUTH0_DOMAIN with its iss",
    NO_EXPIRY: _UNCHANGED,
    EXPIRED: "get a new one; if it is new, set the clock of this machine",
    BAD_NOT_BEFORE: _UNCHANGED,
    NOT_VALID_YET: _CLOCK,
    BAD_ISSUE_TIME: _UNCHANGED,
    ISSUED_IN_FUTURE: _CLOCK,
    OTHER_ISSUER: "let client and API use the same domain",
    OTHER_AUDIENCE: "use the access token, for this audience; letter by letter, slash included",
    NO_SUBJECT: _UNCHANGED,
    BOUND: "let the client ask for the token without DPoP and without mTLS",
}
"""By the rule of a token that is broken."""

_BY_KIND: Mapping[type[AuthError], str] = {
    MissingAuthorization: "send one; look whether a proxy strips it",
    InvalidAuthorization: "send the word Bearer, a space, the token",
    InsufficientScope: "ask for the scope; give the user the permission; turn on RBAC",
    KeysUnavailable: "the log says why: DNS, firewall, a wrong AUTH0_DOMAIN",
}

_ELSEWHERE = "README.md says what a refusal means"


def remedy(error: AuthError) -> str:
    """Return what to do about a refusal; of a kind that is not known here, where to look."""
    if isinstance(error, InvalidToken):
        return REMEDIES.get(error.rule, _ELSEWHERE)
    return _BY_KIND.get(type(error), _ELSEWHERE)
