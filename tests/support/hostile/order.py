"""Requests with several faults: the response reports the first one."""

from .builders import (
    from_now,
    replace_by,
    send_token,
    with_authorization,
    with_claims,
    with_segments,
    with_valid_token,
)
from .case import ABSENT, OTHER_URL, PERMITTED, SCOPED, BuildEnviron, Case, Members, Sign
from .expected import (
    EXPIRED,
    INSUFFICIENT_SCOPE,
    INVALID_CHARACTERS,
    INVALID_EXPIRY,
    INVALID_ISSUED_AT,
    INVALID_NOT_BEFORE,
    ISSUED_IN_FUTURE,
    NO_KEY_ID,
    NO_SUBJECT,
    NOT_BASE64URL,
    NOT_JSON_OBJECTS,
    NOT_SIGNED_JWT,
    NOT_YET_VALID,
    SENDER_CONSTRAINED,
    TOO_LONG,
    UNKNOWN_EXTENSION,
    UNKNOWN_KEY,
    WRONG_ALGORITHM,
    WRONG_AUDIENCE,
    WRONG_ISSUER,
    WRONG_SIGNATURE,
    WRONG_TYPE,
    Expected,
)
from .signing import sign_as_tenant, sign_with_unknown_key

ORDERED_FAULTS: tuple[tuple[str, Members, Members, Sign, Expected], ...] = (
    ("alg", {"alg": "none"}, {}, sign_as_tenant, WRONG_ALGORITHM),
    ("crit", {"crit": ["exp"]}, {}, sign_as_tenant, UNKNOWN_EXTENSION),
    ("typ", {"typ": "id+jwt"}, {}, sign_as_tenant, WRONG_TYPE),
    ("no kid", {"kid": None}, {}, sign_as_tenant, NO_KEY_ID),
    ("iss", {}, {"iss": OTHER_URL}, sign_as_tenant, WRONG_ISSUER),
    ("unknown kid", {"kid": "made-up"}, {}, sign_as_tenant, UNKNOWN_KEY),
    ("signature", {}, {}, sign_with_unknown_key, WRONG_SIGNATURE),
    ("no exp", {}, {"exp": None}, sign_as_tenant, INVALID_EXPIRY),
    ("expired", {}, {"exp": 0}, sign_as_tenant, EXPIRED),
    ("invalid nbf", {}, {"nbf": None}, sign_as_tenant, INVALID_NOT_BEFORE),
    ("nbf in the future", {}, {"nbf": from_now(999)}, sign_as_tenant, NOT_YET_VALID),
    ("invalid iat", {}, {"iat": None}, sign_as_tenant, INVALID_ISSUED_AT),
    ("iat in the future", {}, {"iat": from_now(999)}, sign_as_tenant, ISSUED_IN_FUTURE),
    ("aud", {}, {"aud": OTHER_URL}, sign_as_tenant, WRONG_AUDIENCE),
    ("sub", {}, {"sub": None}, sign_as_tenant, NO_SUBJECT),
    ("cnf", {}, {"cnf": {"jkt": "a"}}, sign_as_tenant, SENDER_CONSTRAINED),
    ("scope", {}, {"scope": None, "permissions": None}, sign_as_tenant, INSUFFICIENT_SCOPE),
)
"""One fault for each rule, in the order of the rules."""


def _all_faults_from(first: int) -> BuildEnviron:
    """Send a token with this fault and all later ones; of two in one member, the earlier."""
    jose: dict[str, object] = {}
    payload: dict[str, object] = {}
    for _, header_fault, payload_fault, _, _ in reversed(ORDERED_FAULTS[first:]):
        jose |= header_fault
        payload |= payload_fault
    signs = [sign for _, _, _, sign, _ in ORDERED_FAULTS[first:] if sign is not sign_as_tenant]
    return send_token(jose, payload, sign=signs[0] if signs else sign_as_tenant)


ORDER = (
    *(
        Case(f"{fault[0]} and all later faults", _all_faults_from(position), fault[-1], SCOPED)
        for position, fault in enumerate(ORDERED_FAULTS)
    ),
    Case("too long and not a JWT", with_authorization("Bearer " + "!" * 20_000), TOO_LONG),
    Case("neither a JWT nor base64url", with_authorization("Bearer A.A.A.A"), NOT_SIGNED_JWT),
    Case(
        "neither header nor payload in base64url", with_authorization("Bearer A.A.A"), NOT_BASE64URL
    ),
    Case(
        "header not base64url, payload not an object",
        send_token(edit_payload=replace_by(b"[]"), write_token=lambda _, p, s: f"A.{p}.{s}"),
        NOT_BASE64URL,
    ),
    Case(
        "header not an object, signature not base64url",
        send_token(edit_header=replace_by(b"[]"), write_token=lambda h, p, _: f"{h}.{p}.A"),
        NOT_JSON_OBJECTS,
    ),
    Case(
        "alg, and signature not base64url",
        send_token({"alg": "none"}, write_token=lambda h, p, _: f"{h}.{p}.A"),
        WRONG_ALGORITHM,
    ),
    Case(
        "unknown kid, and signature not base64url",
        send_token({"kid": "made-up"}, write_token=lambda h, p, _: f"{h}.{p}.A"),
        UNKNOWN_KEY,
    ),
    Case(
        "signature not base64url, payload not an object",
        send_token(edit_payload=replace_by(b"[]"), write_token=lambda h, p, _: f"{h}.{p}.A"),
        NOT_JSON_OBJECTS,
    ),
    Case(
        "signature, and payload not an object",
        send_token(edit_payload=replace_by(b"[]"), sign=sign_with_unknown_key),
        NOT_JSON_OBJECTS,
    ),
    Case(
        "signature, and payload not base64url",
        with_segments(lambda h, _, s: f"{h}.A.{s}"),
        NOT_BASE64URL,
    ),
    Case(
        "unknown kid, and payload not an object",
        send_token({"kid": "made-up"}, edit_payload=replace_by(b"[]")),
        NOT_JSON_OBJECTS,
    ),
    Case(
        "no kid, and payload not an object",
        send_token({"kid": None}, edit_payload=replace_by(b"[]")),
        NO_KEY_ID,
    ),
    Case(
        "iss, and signature not base64url",
        send_token({}, {"iss": OTHER_URL}, write_token=lambda h, p, _: f"{h}.{p}.A"),
        WRONG_ISSUER,
    ),
    Case(
        "signature not base64url, and expired",
        send_token({}, {"exp": 0}, write_token=lambda h, p, _: f"{h}.{p}.A"),
        NOT_BASE64URL,
    ),
    Case(
        "alg, and payload not an object",
        send_token({"alg": "none"}, edit_payload=replace_by(b"[]")),
        WRONG_ALGORITHM,
    ),
    Case(
        "no permission and not a JWT",
        with_valid_token("Bearer {0}="),
        INVALID_CHARACTERS,
        PERMITTED,
    ),
    Case("no permission and expired", with_claims(permissions=ABSENT, exp=0), EXPIRED, PERMITTED),
    Case(
        "no permission and cnf",
        with_claims(permissions=ABSENT, cnf={}),
        SENDER_CONSTRAINED,
        PERMITTED,
    ),
)
