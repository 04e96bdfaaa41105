"""Every rule that a token violates, in order, not only the first one.

The rules are those of `auth/`, and the verdict is the API's own. The token is sent nowhere: only the
tenant's JWKS is fetched.
"""

import time
from collections.abc import Iterator

from flask import Flask

from ..auth import AccessToken, Rejection, rejections
from ..auth.rejections import MAX_TOKEN_LENGTH, KeysUnavailable, Unauthenticated
from ..auth.request_token import EXTENSION
from ..auth.rules import Members, claim_violations, header_violations
from ..auth.tokens import TokenVerifier, decode, read_object, split
from .endpoints import endpoint_lines
from .lines import Line, shown
from .words import CLAIM_RULES, HEADER_RULES, rule_lines, violation

_OF_ACCESS_TOKENS = {"client_id", "gty", "scope", "permissions"}


def explain(app: Flask, token: str) -> Iterator[Line]:
    """Yield what the token is, each rule, the verdict, and the endpoints it gives access to."""
    verifier: TokenVerifier = app.extensions[EXTENSION]
    try:
        signed, head, payload, signature = split(token)
    except Unauthenticated as error:
        yield Line(None, _unreadable(token))
        if error.reason != rejections.TOO_LONG:
            yield Line(True, f"It has at most {MAX_TOKEN_LENGTH} characters.")
        facts = f"characters: {len(token)}; segments: {token.count('.') + 1}"
        yield violation(error.reason, facts)
        yield _verdict(verifier, token)
        return
    header, bad_header = _read(head)
    claims, bad_payload = _read(payload)
    yield Line(None, _kind(claims, app.config["AUTH0_AUDIENCE"]))
    yield Line(True, f"It has at most {MAX_TOKEN_LENGTH} characters.")
    yield Line(True, "It has the three segments of a signed JWT.")
    yield bad_header or Line(True, "Its header is a JSON object.")
    violations = set(header_violations(header or {}))
    if header is not None:
        yield from rule_lines(HEADER_RULES, header, violations, {})
    is_rs256 = header is not None and rejections.WRONG_ALGORITHM not in violations
    kid = str(header["kid"]) if header and rejections.NO_KEY_ID not in violations else None
    yield from _signature_lines(verifier, kid, is_rs256, signed, signature)
    yield bad_payload or Line(True, "Its payload is a JSON object.")
    if claims is not None:
        expected = {
            "iss": f"https://{app.config['AUTH0_DOMAIN']}/",
            "aud": app.config["AUTH0_AUDIENCE"],
        }
        now = time.time()
        violations = set(claim_violations(claims, expected["iss"], expected["aud"], now))
        yield from rule_lines(CLAIM_RULES, claims, violations, expected)
    verdict = _verdict(verifier, token)
    yield verdict
    if claims is not None:
        access_token = AccessToken(claims, str(kid))
        yield from _rights_lines(access_token)
        if violations.isdisjoint({rejections.WRONG_ISSUER, rejections.WRONG_AUDIENCE}):
            yield from endpoint_lines(app, access_token, verdict.is_well is True)


def _read(segment: str) -> tuple[Members | None, Line | None]:
    """Read a segment as the API does: its members, or the violation."""
    try:
        return read_object(segment), None
    except Unauthenticated as error:
        return None, violation(error.reason)


def _unreadable(token: str) -> str:
    match token.count("."):
        case 4:
            return "This is an encrypted token (JWE): only the tenant can read it."
        case 0:
            return "This is an opaque token: only the tenant knows what it means."
    return "This is not a token."


def _kind(claims: Members | None, audience: str) -> str:
    """Return what a JWT seems to be for, by its own claims."""
    if claims is None:
        return "This is a JWT without readable claims."
    access_token, aud = AccessToken(claims, ""), claims.get("aud")
    is_for_client = isinstance(aud, str) and claims.get("azp", aud) == aud != audience
    if is_for_client and _OF_ACCESS_TOKENS.isdisjoint(claims):
        return "This is an ID token: it describes a user to an application and opens no API."
    subject = claims.get("sub")
    if not isinstance(subject, str):
        return "This is an access token without a subject."
    holder = "machine" if subject.endswith("@clients") else "user"
    client_id = access_token.client_id
    requester = f", requested by the application {shown(client_id)}" if client_id else ""
    return f"This is an access token for the {holder} {shown(subject)}{requester}."


def _signature_lines(
    verifier: TokenVerifier, kid: str | None, is_rs256: bool, signed: str, signature: str
) -> Iterator[Line]:
    try:
        key = verifier.keys.find(kid) if kid else None
    except KeysUnavailable as error:
        yield Line(False, error.reason.description, (), "run 'flask auth0 check'")
        return
    if kid is None:
        yield Line(None, "Its key was not looked up: it has no key ID.")
    elif key is None:
        yield violation(rejections.UNKNOWN_KEY, f"kid is {shown(kid)}")
    else:
        yield Line(True, "The tenant has a signing key with this key ID (kid).")
    if key is None or not is_rs256:
        yield Line(None, "Its signature was not checked.")
        return
    try:
        matches = key.verify(signed.encode(), decode(signature))
    except Unauthenticated as error:
        yield violation(error.reason)
        return
    if matches:
        yield Line(True, "Its signature matches the tenant's signing key.")
    else:
        yield violation(rejections.WRONG_SIGNATURE)


def _rights_lines(token: AccessToken) -> Iterator[Line]:
    for kind, names in (("scopes", token.scopes), ("permissions", token.permissions)):
        listed = shown(" ".join(sorted(names)), MAX_TOKEN_LENGTH)[1:-1]
        yield Line(None, f"Its {kind}: {listed}." if listed else f"It has no {kind}.")


def _verdict(verifier: TokenVerifier, token: str) -> Line:
    """Verify the token by the very call that verifies the token of a request."""
    try:
        verifier.verify(token)
    except Rejection as rejection:
        reason = rejection.reason
        return Line(False, f"Result: the API responds with {reason.status} {reason.code}.")
    return Line(True, "Result: the API accepts the token.")
