"""What each rule of the API thinks of a token, in order, not stopping at the first that is broken.

The rules are asked as they stand in `auth/`, and the verdict is the API's own. The token is sent
nowhere: of the tenant nothing is asked but its key set.
"""

import time
from collections.abc import Iterator

from flask import Flask

from ..auth import AccessToken, AuthError, rules
from ..auth.decorators import EXTENSION
from ..auth.errors import InvalidToken, KeysUnavailable
from ..auth.rules import Members, broken_by_claims, broken_by_header
from ..auth.tokens import (
    BAD_SIGNATURE,
    MAX_LENGTH,
    TOO_LONG,
    UNKNOWN_KEY,
    TokenVerifier,
    decode,
    read_object,
    split,
)
from .endpoints import demands
from .lines import Line, shown
from .words import CLAIM_RULES, HEADER_RULES, of_rules, refused

_OF_ACCESS = {"client_id", "gty", "scope", "permissions"}


def explain(app: Flask, token: str) -> Iterator[Line]:
    """Yield what the token is, what the rules think of it, the verdict, and what it opens."""
    verifier: TokenVerifier = app.extensions[EXTENSION]
    try:
        signed, head, payload, signature = split(token)
    except InvalidToken as error:
        yield Line(None, _unreadable(token))
        if error.rule != TOO_LONG:
            yield Line(True, f"It has at most {MAX_LENGTH} characters.")
        yield refused(error.rule, f"characters: {len(token)}; segments: {token.count('.') + 1}")
        yield _verdict(verifier, token)
        return
    header, bad_header = _read(head)
    claims, bad_payload = _read(payload)
    yield Line(None, _kind(claims, app.config["AUTH0_AUDIENCE"]))
    yield Line(True, f"It has at most {MAX_LENGTH} characters.")
    yield Line(True, "It has the three segments of a signed JWT.")
    yield bad_header or Line(True, "Its header is a JSON object.")
    broken = set(broken_by_header(header or {}))
    if header is not None:
        yield from of_rules(HEADER_RULES, header, broken, {})
    is_rs256 = header is not None and rules.NO_RS256 not in broken
    kid = str(header["kid"]) if header and rules.NO_KEY_ID not in broken else None
    yield from _of_signature(verifier, kid, is_rs256, signed, signature)
    yield bad_payload or Line(True, "Its payload is a JSON object.")
    if claims is not None:
        expected = {
            "iss": f"https://{app.config['AUTH0_DOMAIN']}/",
            "aud": app.config["AUTH0_AUDIENCE"],
        }
        broken = set(broken_by_claims(claims, expected["iss"], expected["aud"], time.time()))
        yield from of_rules(CLAIM_RULES, claims, broken, expected)
    verdict = _verdict(verifier, token)
    yield verdict
    if claims is not None:
        access = AccessToken(claims, str(kid))
        yield from _of_rights(access)
        if broken.isdisjoint({rules.OTHER_ISSUER, rules.OTHER_AUDIENCE}):
            yield from _of_endpoints(app, access, verdict.is_well is True)


def _read(segment: str) -> tuple[Members | None, Line | None]:
    """Read a segment as the API does: its members, or what is to be said of it."""
    try:
        return read_object(segment), None
    except InvalidToken as error:
        return None, refused(error.rule)


def _unreadable(token: str) -> str:
    match token.count("."):
        case 4:
            return "This is an encrypted token (JWE): the tenant alone can read it."
        case 0:
            return "This is an opaque token: it means something to the tenant alone."
    return "This is no token that anybody could read."


def _kind(claims: Members | None, audience: str) -> str:
    """Say what a JWT is for, as far as it can be guessed from what it says itself."""
    if claims is None:
        return "This is a JWT that says nothing."
    access, aud = AccessToken(claims, ""), claims.get("aud")
    is_for_client = isinstance(aud, str) and claims.get("azp", aud) == aud != audience
    if is_for_client and _OF_ACCESS.isdisjoint(claims):
        return "This is an ID token: it tells an application who the user is, and opens no API."
    subject = claims.get("sub")
    if not isinstance(subject, str):
        return "This is an access token that names nobody."
    holder = "machine" if subject.endswith("@clients") else "user"
    by = f", got by the application {shown(access.client_id)}" if access.client_id else ""
    return f"This is an access token for the {holder} {shown(subject)}{by}."


def _of_signature(
    verifier: TokenVerifier, kid: str | None, is_rs256: bool, signed: str, signature: str
) -> Iterator[Line]:
    try:
        key = verifier.keys.find(kid) if kid else None
    except KeysUnavailable as error:
        yield Line(False, error.description, (), "'flask auth0 check' says why")
        return
    if kid is None:
        yield Line(None, "Its key was not looked for: it does not say which.")
    elif key is None:
        yield refused(UNKNOWN_KEY, f"kid is {shown(kid)}")
    else:
        yield Line(True, "The tenant has a signing key with this kid.")
    if key is None or not is_rs256:
        yield Line(None, "Its signature was not checked.")
        return
    try:
        is_good = key.verify(signed.encode(), decode(signature))
    except InvalidToken as error:
        yield refused(error.rule)
        return
    if is_good:
        yield Line(True, "Its signature is the tenant's.")
    else:
        yield refused(BAD_SIGNATURE)


def _of_rights(access: AccessToken) -> Iterator[Line]:
    for kind, names in (("scopes", access.scopes), ("permissions", access.permissions)):
        listed = shown(" ".join(sorted(names)), MAX_LENGTH)[1:-1]
        yield Line(None, f"Its {kind}: {listed}." if listed else f"It has no {kind}.")


def _of_endpoints(app: Flask, access: AccessToken, is_accepted: bool) -> Iterator[Line]:
    for endpoint in demands(app):
        if not endpoint.lets_in(access):
            yield Line(None, f"Too little for {endpoint.name}: it asks for {endpoint.needs}.")
        elif is_accepted:
            yield Line(True, f"It opens {endpoint.name}.")
        else:
            yield Line(None, f"If it were good, it would open {endpoint.name}.")


def _verdict(verifier: TokenVerifier, token: str) -> Line:
    """Have the API decide, by the very call that decides about a request."""
    try:
        verifier.verify(token)
    except AuthError as error:
        return Line(False, f"So the API answers {error.status} {error.code}.")
    return Line(True, "So the API accepts the token.")
