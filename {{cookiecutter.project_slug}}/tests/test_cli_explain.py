"""`flask auth0 explain` of every kind of token: all that it prints, and that the API agrees."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.views import MethodView

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import (
    Rejection,
    optional_auth,
    rejections,
    requires_any_scope,
    requires_claim,
    rules,
)
from {{ cookiecutter.__package }}.auth.bearer import read_bearer
from {{ cookiecutter.__package }}.cli.explain import explain
from {{ cookiecutter.__package }}.cli.lines import shown
from {{ cookiecutter.__package }}.cli.words import CLAIM_RULES, HEADER_RULES

from .conftest import AUDIENCE, trusted_tenant
from .hostile import LACKS_PERMISSION, LACKS_SCOPE, PERMITTED, SCOPED, Forge
from .hostile_cases import GROUPS
from .test_hostile import add_permitted
from local_auth0 import Tenant
from local_auth0.identity import SigningKey

Make = Callable[[Tenant], str]
"""Makes the token that is explained."""

STRANGER = SigningKey()
HOUR = 3600
LACKS = {SCOPED: LACKS_SCOPE.description, PERMITTED: LACKS_PERMISSION.description}
OUR_KEY = "the ID of the tenant's key"
OF_OTHERS = re.compile(
    r"^.* (?:access to|for) [A-Z]+ /(?!(?:api/private|api/private-scoped|permitted)[.,]).*\n", re.M
)
"""A line about an endpoint that none of the cases is about: one of your own."""


def minted(
    scope: str | None = None, permissions: list[str] | None = None, **claims: object
) -> Make:
    """A token of the tenant, good but for these claims; a callable is asked for its value."""

    def mint(tenant: Tenant) -> str:
        given: dict[str, Any] = {name: v() if callable(v) else v for name, v in claims.items()}
        return tenant.token(scope, permissions, **given)

    return mint


def at(seconds: float) -> Callable[[], int]:
    """A time, counted from now."""
    return lambda: int(time.time() + seconds)


def headed(**header: object) -> Make:
    """A token with this header, signed by the tenant's key."""

    def sign(tenant: Tenant) -> str:
        kid = {"kid": tenant.signing_key.kid} if header.get("kid") is OUR_KEY else {}
        return tenant.signing_key.sign(header | kid, claims_of(tenant))

    return sign


def claims_of(tenant: Tenant) -> dict[str, object]:
    now = int(time.time())
    return {"iss": tenant.issuer, "sub": "auth0|ann", "aud": AUDIENCE, "iat": now, "exp": now + 60}


def of_another_tenant(_: Tenant) -> str:
    claims = {"iss": "https://other.test/", "sub": "ann", "aud": AUDIENCE, "exp": at(HOUR)()}
    return STRANGER.sign({"alg": "RS256", "typ": "JWT", "kid": STRANGER.kid}, claims)


def with_payload(payload: bytes) -> Make:
    return lambda tenant: tenant.signing_key.sign(
        {"alg": "RS256", "kid": tenant.signing_key.kid}, payload
    )


def with_header(header: bytes) -> Make:
    return lambda tenant: tenant.signing_key.sign(header, claims_of(tenant))


def with_signature(signature: str) -> Make:
    return lambda tenant: f"{tenant.token().rpartition('.')[0]}.{signature}"


CASES: dict[str, tuple[Make, str]] = {
    "a good token of a machine": (
        minted("read:messages write:messages"),
        """\
- This is an access token for the machine "local-client@clients", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✓ Result: the API accepts the token.
- Its scopes: read:messages write:messages.
- It has no permissions.
✓ It gives access to GET /api/private.
✓ It gives access to GET /api/private-scoped.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a good token of a user": (
        minted("openid", ["read:messages"], user="auth0|ann"),
        """\
- This is an access token for the user "auth0|ann", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✓ Result: the API accepts the token.
- Its scopes: openid.
- Its permissions: read:messages.
✓ It gives access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
✓ It gives access to GET /permitted.
""",
    ),
    "a good token whose times are odd": (
        minted(sub="x\x1b[31m\u202e", azp=None, nbf=at(-HOUR), exp=1e300),
        """\
- This is an access token for the user "x\\u001b[31m\\u202e".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✓ Result: the API accepts the token.
- It has no scopes.
- It has no permissions.
✓ It gives access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "an opaque token": (
        lambda _: "GJ8gP-fgLzOmRvhX1wtQ2Bq",
        """\
- This is an opaque token: only the tenant knows what it means.
✓ It has at most 16384 characters.
✗ The token is not a signed JWT of three segments. A client that requests no audience gets an opaque token: request the audience of this API.
    characters: 23; segments: 1
    -> request the audience of this API; for an encrypted token, turn off encryption in Auth0
✗ Result: the API responds with 401 invalid_header.
""",
    ),
    "an encrypted token": (
        lambda _: "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn",
        """\
- This is an encrypted token (JWE): only the tenant can read it.
✓ It has at most 16384 characters.
✗ The token is not a signed JWT of three segments. A client that requests no audience gets an opaque token: request the audience of this API.
    characters: 58; segments: 5
    -> request the audience of this API; for an encrypted token, turn off encryption in Auth0
✗ Result: the API responds with 401 invalid_header.
""",
    ),
    "a token cut off": (
        lambda tenant: tenant.token().rpartition(".")[0],
        """\
- This is not a token.
✓ It has at most 16384 characters.
✗ The token is not a signed JWT of three segments. A client that requests no audience gets an opaque token: request the audience of this API.
    characters: 357; segments: 2
    -> request the audience of this API; for an encrypted token, turn off encryption in Auth0
✗ Result: the API responds with 401 invalid_header.
""",
    ),
    "a token too long": (
        lambda _: "a" * 16_385,
        """\
- This is an opaque token: only the tenant knows what it means.
✗ The token is longer than 16384 characters.
    characters: 16385; segments: 1
    -> assign fewer permissions
✗ Result: the API responds with 401 invalid_header.
""",
    ),
    "an ID token": (
        minted(user="auth0|ann", aud="local-client", azp=None, nonce="n-0S6"),
        """\
- This is an ID token: it describes a user to an application and opens no API.
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✗ The token was issued for another audience (aud).
    aud is "local-client"
    expected is "https://api.test"
    -> use an access token (not an ID token) for exactly this audience, including any trailing slash
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_audience.
- It has no scopes.
- It has no permissions.
""",
    ),
    "a token of another tenant": (
        of_another_tenant,
        """\
- This is an access token for the user "ann".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✗ The tenant has no signing key with this key ID (kid).
    kid is "KID"
    -> compare AUTH0_DOMAIN with its iss
- Its signature was not checked.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✗ The token was issued by another tenant (iss).
    iss is "https://other.test/"
    expected is "https://DOMAIN/"
    -> use the same domain in the client and in AUTH0_DOMAIN
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
""",
    ),
    "a token for another audience": (
        minted("read:messages", aud=["https://other.test", "https://more.test"]),
        """\
- This is an access token for the machine "local-client@clients", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✗ The token was issued for another audience (aud).
    aud is ["https://other.test", "https://more.test"]
    expected is "https://api.test"
    -> use an access token (not an ID token) for exactly this audience, including any trailing slash
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_audience.
- Its scopes: read:messages.
- It has no permissions.
""",
    ),
    "a token signed with HS256": (
        headed(alg="HS256", typ="JWT"),
        """\
- This is an access token for the user "auth0|ann".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✗ The token must be signed with RS256.
    alg is "HS256"
    -> select RS256 on the API's Settings tab in Auth0
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✗ The token's header has no key ID (kid).
    there is no kid
    -> send an access token exactly as Auth0 issued it
- Its key was not looked up: it has no key ID.
- Its signature was not checked.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a token signed with HS256 that names a key": (
        headed(alg="HS256", kid=OUR_KEY),
        """\
- This is an access token for the user "auth0|ann".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✗ The token must be signed with RS256.
    alg is "HS256"
    -> select RS256 on the API's Settings tab in Auth0
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
- Its signature was not checked.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a token that expired": (
        minted("read:messages", exp=at(-1.5 * HOUR), iat=at(-2 * HOUR)),
        """\
- This is an access token for the machine "local-client@clients", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✗ The token has expired.
    exp is TIME, 90 min ago
    -> get a new one, or set the clock of this machine
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 token_expired.
- Its scopes: read:messages.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- If it were valid, it would give access to GET /api/private-scoped.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a token from the future": (
        minted(iat=at(3 * HOUR), nbf=at(72 * HOUR), exp=at(96 * HOUR)),
        """\
- This is an access token for the machine "local-client@clients", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✗ The token is not valid yet (nbf).
    nbf is TIME, 3 days ahead
    -> set the clock of this machine, which is behind the tenant's
✗ The token was issued in the future (iat).
    iat is TIME, 3 h ahead
    -> set the clock of this machine, which is behind the tenant's
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_claims.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a token whose claims are all bad": (
        minted(
            exp="soon",
            nbf=[],
            iat=True,
            iss="https://other.test/",
            aud=["a"] * 50,
            sub="",
            cnf={"jkt": "x"},
        ),
        """\
- This is an access token for the user "", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✗ The token has no expiry (exp), or one that is not a number.
    exp is "soon"
    -> send an access token exactly as Auth0 issued it
✗ The token's not-before time (nbf) is not a number.
    nbf is []
    -> send an access token exactly as Auth0 issued it
✗ The token's issue time (iat) is not a number.
    iat is true
    -> send an access token exactly as Auth0 issued it
✗ The token was issued by another tenant (iss).
    iss is "https://other.test/"
    expected is "https://DOMAIN/"
    -> use the same domain in the client and in AUTH0_DOMAIN
✗ The token was issued for another audience (aud).
    aud is ["a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a",...
    expected is "https://api.test"
    -> use an access token (not an ID token) for exactly this audience, including any trailing slash
✗ The token has no subject (sub).
    sub is ""
    -> send an access token exactly as Auth0 issued it
✗ The token is bound to a key (cnf); this API accepts only plain bearer tokens.
    cnf is {"jkt": "x"}
    -> request the token without DPoP and without mTLS
✗ Result: the API responds with 401 invalid_claims.
- It has no scopes.
- It has no permissions.
""",
    ),
    "a token without claims": (
        with_payload(b"{}"),
        """\
- This is an access token without a subject.
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✗ The token has no expiry (exp), or one that is not a number.
    there is no exp
    -> send an access token exactly as Auth0 issued it
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✗ The token was issued by another tenant (iss).
    there is no iss
    expected is "https://DOMAIN/"
    -> use the same domain in the client and in AUTH0_DOMAIN
✗ The token was issued for another audience (aud).
    there is no aud
    expected is "https://api.test"
    -> use an access token (not an ID token) for exactly this audience, including any trailing slash
✗ The token has no subject (sub).
    there is no sub
    -> send an access token exactly as Auth0 issued it
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_claims.
- It has no scopes.
- It has no permissions.
""",
    ),
    "a token of another type": (
        headed(alg="RS256", typ="logout+jwt", b64=False, kid=OUR_KEY),
        """\
- This is an access token for the user "auth0|ann".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✗ The token's header has an extension (crit, b64) that this API does not support.
    b64 is false
    -> send an access token exactly as Auth0 issued it
✗ The token's type (typ) must be JWT or at+jwt.
    typ is "logout+jwt"
    -> send an access token exactly as Auth0 issued it
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a header that is no JSON": (
        with_header(b"not JSON"),
        """\
- This is an access token for the user "auth0|ann".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✗ The token's header and payload must be JSON objects.
    -> send an access token exactly as Auth0 issued it
- Its key was not looked up: it has no key ID.
- Its signature was not checked.
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a payload that is no JSON": (
        with_payload(b"[" * 2000),
        """\
- This is a JWT without readable claims.
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✓ Its signature matches the tenant's signing key.
✗ The token's header and payload must be JSON objects.
    -> send an access token exactly as Auth0 issued it
✗ Result: the API responds with 401 invalid_header.
""",
    ),
    "a token that was changed": (
        with_signature("AAAA"),
        """\
- This is an access token for the machine "local-client@clients", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✗ The token's signature does not match the tenant's signing key.
    -> send the token unchanged; compare AUTH0_DOMAIN with its iss
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
    "a signature that is not base64url": (
        with_signature("AAAAA"),
        """\
- This is an access token for the machine "local-client@clients", requested by the application "local-client".
✓ It has at most 16384 characters.
✓ It has the three segments of a signed JWT.
✓ Its header is a JSON object.
✓ It is signed with RS256 (alg).
✓ Its header has no extensions (crit, b64).
✓ Its type, if any, is JWT or at+jwt (typ).
✓ Its header has a key ID (kid).
✓ The tenant has a signing key with this key ID (kid).
✗ The token is not base64url-encoded.
    -> send an access token exactly as Auth0 issued it
✓ Its payload is a JSON object.
✓ It has not expired (exp).
✓ It is already valid (nbf).
✓ It was issued in the past (iat).
✓ It was issued by this tenant (iss).
✓ It was issued for this audience (aud).
✓ It has a subject (sub).
✓ It is not bound to a key (cnf).
✗ Result: the API responds with 401 invalid_header.
- It has no scopes.
- It has no permissions.
- If it were valid, it would give access to GET /api/private.
- Not enough for GET /api/private-scoped, which requires the scope read:messages.
- Not enough for GET /permitted, which requires the permission read:messages.
""",
    ),
}


@pytest.fixture(scope="module")
def forge(tenant_folder: Path) -> Iterator[Forge]:
    """A tenant with two keys, of which it signs with the first."""
    with trusted_tenant(tenant_folder) as tenant:
        other = SigningKey()
        tenant.keys.append(other.jwk)
        yield Forge(tenant, other, STRANGER)


@pytest.fixture(scope="module")
def app(forge: Forge) -> Flask:
    """One app for all cases; the corpus is told of no endpoint but those that it asks."""
    app = create_app({"AUTH0_DOMAIN": forge.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    add_permitted(app)
    return app


def ask(app: Flask, *arguments: str, stdin: bytes = b"") -> Result:
    return app.test_cli_runner().invoke(args=["auth0", "explain", *arguments], input=stdin)


def said(tenant: Tenant, output: str) -> str:
    """The output with what differs from run to run by its name, and without other endpoints."""
    output = OF_OTHERS.sub("", output)
    output = output.replace(tenant.domain, "DOMAIN").replace(STRANGER.kid, "KID")
    return re.sub(r"\b1[0-9]{9}\b", "TIME", output)


@pytest.mark.parametrize(("make", "expected"), CASES.values(), ids=CASES)
def test_all_that_there_is_to_a_token_is_said(
    app: Flask, forge: Forge, make: Make, expected: str
) -> None:
    result = ask(app, make(forge.tenant))

    assert said(forge.tenant, result.output) == expected
    assert result.exit_code == (1 if "✗" in expected else 0)


def test_without_keys_the_way_out_is_the_other_command() -> None:
    app = create_app({"AUTH0_DOMAIN": "localhost:1", "AUTH0_AUDIENCE": AUDIENCE})

    lines = ask(app, STRANGER.sign({"alg": "RS256", "kid": "a"}, {})).output.splitlines()

    at = lines.index("✗ The signing keys of the authorization server are temporarily unavailable.")
    assert lines[at + 1] == "    -> run 'flask auth0 check'"
    assert "✗ Result: the API responds with 503 keys_unavailable." in lines


@pytest.mark.parametrize("before", ["", "Bearer ", "bearer  ", "Authorization: Bearer ", " \n"])
def test_the_token_may_come_in_by_standard_input(app: Flask, forge: Forge, before: str) -> None:
    result = ask(app, stdin=f"{before}{forge.tenant.token()}\n".encode())

    assert "Result: the API accepts the token." in result.output


@pytest.mark.parametrize("given", [b"", b" \n"], ids=repr)
def test_without_a_token_it_says_so(app: Flask, given: bytes) -> None:
    result = ask(app, stdin=given)

    assert result.exit_code == 2
    assert "There is no token, neither as argument nor on standard input." in result.output


def test_a_terminal_is_told_what_to_do(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True)

    assert ask(app, stdin=b"opaque").stderr == "Paste the token, then press Enter and Ctrl-D.\n"


def test_what_json_cannot_hold_is_not_shown() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert shown(endless) == "something that cannot be shown"


def test_every_rule_of_the_api_has_its_words() -> None:
    told = {each for rule in (*HEADER_RULES, *CLAIM_RULES) for each in rule.violations}
    source = Path(rules.__file__).read_text(encoding="utf-8")

    names = set(re.findall(r"rejections\.([A-Z_]+)", source))
    assert told == {getattr(rejections, name) for name in names}


def test_endpoints_are_listed_by_method_with_what_the_token_lacks(forge: Forge) -> None:
    @requires_any_scope("read:items", "all:items")
    class Items(MethodView):
        def get(self) -> str:
            return ""

        @requires_claim("org_id", "org_1")
        def post(self) -> str:
            return ""

    app = create_app({"AUTH0_DOMAIN": forge.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.add_url_rule("/open", "open", optional_auth(lambda: ""))

    output = ask(app, forge.tenant.token("read:items")).output

    assert "It gives access to GET /items." in output
    assert "Not enough for POST /items, which requires the claim org_id=org_1." in output
    assert "/open" not in output


def test_it_agrees_with_the_api_on_the_hostile_corpus(app: Flask, forge: Forge) -> None:
    """test_hostile.py holds the API to the same answers."""
    cases = {f"{group}: {case.name}": case for group in GROUPS for case in GROUPS[group]}

    answers = {
        name: answer(app, case.build(forge).get("HTTP_AUTHORIZATION"), case.path)
        for name, case in cases.items()
    }

    expected = {name: (case.answer.status, case.answer.description) for name, case in cases.items()}
    assert answers == expected


def answer(app: Flask, header: str | None, path: str) -> tuple[int, str]:
    """What the API answers to a header, as far as it can be read in what is said of the token."""
    try:
        token = read_bearer(header)
        if token is None:
            reason = rejections.AUTHORIZATION_MISSING
            return reason.status, reason.description
        lines = list(explain(app, token))
    except Rejection as rejection:
        return rejection.reason.status, rejection.reason.description
    broken = [line.text for line in lines if line.is_well is False]
    if broken:
        status = re.search(r"^Result: the API responds with ([0-9]+) ", broken[-1])
        assert status is not None
        return int(status[1]), broken[0]
    if any(line.text == f"It gives access to GET {path}." for line in lines):
        return 200, ""
    assert any(line.text.startswith(f"Not enough for GET {path}, ") for line in lines)
    return 403, LACKS[path]
