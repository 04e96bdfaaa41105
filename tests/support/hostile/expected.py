"""The expected responses of the API, written out here instead of imported from the API."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """The response to a request. A 200 has no code, no description and no challenge."""

    status: int
    code: str = ""
    description: str = ""
    challenge: str | None = None
    names_scopes: bool = False


CHALLENGE = 'Bearer realm="api"'


def _no_token(code: str, description: str) -> Expected:
    return Expected(401, code, description, CHALLENGE, names_scopes=True)


def _invalid_token(code: str, description: str) -> Expected:
    challenge = f'{CHALLENGE}, error="invalid_token", error_description="{description}"'
    return Expected(401, code, description, challenge)


def _invalid_header(description: str) -> Expected:
    return _invalid_token("invalid_header", description)


def _invalid_claims(description: str) -> Expected:
    return _invalid_token("invalid_claims", description)


def _insufficient(kind: str, *, names_scopes: bool) -> Expected:
    description = f"The access token lacks a {kind} that this endpoint requires."
    challenge = f'{CHALLENGE}, error="insufficient_scope", error_description="{description}"'
    return Expected(403, "insufficient_scope", description, challenge, names_scopes)


OK = Expected(200)

AUTHORIZATION_MISSING = _no_token(
    "authorization_header_missing",
    "The Authorization header is missing: send 'Authorization: Bearer <access token>'.",
)
WRONG_SCHEME = _no_token("invalid_header", "The Authorization header must use the Bearer scheme.")
TOKEN_MISSING = _no_token(
    "invalid_header", "The Authorization header has no token after the scheme."
)

TOO_LONG = _invalid_header("The token is longer than 16384 characters.")
NOT_SIGNED_JWT = _invalid_header(
    "The token is not a signed JWT of three segments: request the audience of this API to get one."
)
SECOND_SCHEME = _invalid_header("The Authorization header has the word Bearer more than once.")
PLACEHOLDER = _invalid_header(
    "There is a placeholder or an empty variable, such as undefined or null, instead of the token."
)
INVALID_CHARACTERS = _invalid_header("The token has characters that no JWT has, such as quotes.")
NOT_BASE64URL = _invalid_header("The token is not base64url-encoded.")
NOT_JSON_OBJECTS = _invalid_header("The token's header and payload must be JSON objects.")
WRONG_ALGORITHM = _invalid_header("The token must be signed with RS256.")
UNKNOWN_EXTENSION = _invalid_header("The token's header has an unknown extension (crit, b64).")
WRONG_TYPE = _invalid_header("The token's type (typ) must be JWT or at+jwt.")
NO_KEY_ID = _invalid_header("The token's header has no key ID (kid).")
UNKNOWN_KEY = _invalid_header("The tenant has no signing key with this key ID (kid).")
WRONG_SIGNATURE = _invalid_header("The token's signature does not match the tenant's signing key.")

INVALID_EXPIRY = _invalid_claims("The token has no expiry (exp), or one that is not a number.")
EXPIRED = _invalid_token("token_expired", "The token has expired.")
INVALID_NOT_BEFORE = _invalid_claims("The token's not-before time (nbf) is not a number.")
NOT_YET_VALID = _invalid_claims("The token is not valid yet (nbf).")
INVALID_ISSUED_AT = _invalid_claims("The token's issue time (iat) is not a number.")
ISSUED_IN_FUTURE = _invalid_claims("The token was issued in the future (iat).")
WRONG_ISSUER = _invalid_token("invalid_issuer", "The token was issued by another tenant (iss).")
WRONG_AUDIENCE = _invalid_token(
    "invalid_audience", "The token was issued for another audience (aud)."
)
NO_SUBJECT = _invalid_claims("The token has no subject (sub).")
SENDER_CONSTRAINED = _invalid_claims(
    "The token is bound to a key (cnf) in a way that this API does not support."
)

INSUFFICIENT_SCOPE = _insufficient("scope", names_scopes=True)
INSUFFICIENT_PERMISSIONS = _insufficient("permission", names_scopes=False)
