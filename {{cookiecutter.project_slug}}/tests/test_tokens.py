"""Which tokens are good: shape, JOSE header, signature and claims, each rule from both sides."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth.key_cache import SigningKeys
from {{ cookiecutter.__package }}.auth.rejections import Unauthenticated
from {{ cookiecutter.__package }}.auth.tokens import TokenVerifier

from .conftest import AUDIENCE, Call, Mint, trusted_tenant
from local_auth0 import Tenant
from local_auth0.identity import SigningKey

INF = float("inf")
NAN = float("nan")


@pytest.fixture(scope="module")
def tenant(tenant_folder: Path) -> Iterator[Tenant]:
    """One tenant for all tests here: none of them changes it."""
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture(scope="module")
def app(tenant: Tenant) -> Flask:
    return create_app({"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})


def refusal(call: Call, token: str) -> str:
    """The code and the description that the token is refused with."""
    answer = call("/api/private", token)
    assert answer.status_code == 401
    assert answer.json is not None
    return f"{answer.json['code']}: {answer.json['description']}"


NO_JWT = "invalid_header: The token is not a signed JWT of three segments."
NO_BASE64 = "invalid_header: The token is not base64url-encoded."
NO_OBJECT = "invalid_header: The token's header and payload must be JSON objects."
TOO_LONG = "invalid_header: The token is longer than 16384 characters."
BAD_SIGNATURE = "invalid_header: The token's signature does not match the tenant's signing key."


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda token: token.rsplit(".", 1)[0], id="two segments"),
        pytest.param(lambda token: token + ".abcd", id="four segments"),
        pytest.param(lambda token: token.rsplit(".", 1)[0] + ".", id="no signature"),
        pytest.param(lambda token: token.replace(".", "..", 1), id="an empty segment"),
        pytest.param(lambda token: token + "=", id="padding"),
        pytest.param(lambda token: token[:-4] + "+/==", id="the other base64 alphabet"),
        pytest.param(lambda token: token + "\u00a0", id="a no-break space"),
        pytest.param(lambda token: token.replace(".", ". ", 1), id="a blank within"),
        pytest.param(lambda token: token + "é", id="a letter that is not ASCII"),
    ],
)
def test_a_token_is_three_segments_of_base64url(call: Call, token: Mint, change: Mint) -> None:
    assert refusal(call, change(token())).startswith(NO_JWT)


def test_a_token_as_long_as_auth0_makes_them_is_good(call: Call, token: Mint) -> None:
    names = [f"read:messages-of-team-{number:04}" for number in range(200)]

    long = token(scope=" ".join(names), permissions=names)

    assert 15_000 < len(long) <= 16_384
    assert call("/api/private", long).status_code == 200


def test_a_token_of_more_than_16384_characters_is_not_looked_at(call: Call) -> None:
    longest = "A" * (16_384 - len(".A.A")) + ".A.A"

    assert refusal(call, longest) == NO_OBJECT
    assert refusal(call, "A" + longest) == TOO_LONG


def test_a_signature_has_one_spelling(call: Call, tenant: Tenant) -> None:
    # 256 bytes leave four spare bits in the last character: 16 characters decode alike.
    token = tenant.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    padded = [base64.urlsafe_b64decode(text.split(".")[2] + "==") for text in (token, twin)]
    assert padded[0] == padded[1]

    assert refusal(call, twin) == NO_BASE64


def test_a_segment_that_decodes_to_nothing_whole_is_refused(call: Call, token: Mint) -> None:
    header, payload, _ = token().split(".")

    assert refusal(call, f"{header}.{payload}.abcde") == NO_BASE64


@pytest.mark.parametrize("segment", [0, 1, 2], ids=["header", "payload", "signature"])
def test_a_changed_character_anywhere_spoils_the_token(
    call: Call, token: Mint, segment: int
) -> None:
    segments = token().split(".")
    first = segments[segment][0]
    segments[segment] = ("A" if first != "A" else "B") + segments[segment][1:]

    assert call("/api/private", ".".join(segments)).status_code == 401


def test_the_signature_of_another_key_is_refused(call: Call, tenant: Tenant) -> None:
    header = {"alg": "RS256", "typ": "JWT", "kid": tenant.signing_key.kid}
    payload = base64.urlsafe_b64decode(tenant.token().split(".")[1] + "==")

    assert refusal(call, SigningKey().sign(header, payload)) == BAD_SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"typ": None}, id="no typ"),
        pytest.param({"typ": "jwt"}, id="typ in small letters"),
        pytest.param({"typ": "at+JWT"}, id="typ of RFC 9068"),
        pytest.param({"typ": "application/at+jwt"}, id="typ with its media type"),
        pytest.param({"jku": "https://evil.test/", "jwk": {}, "x5u": 1, "x5c": []}, id="a key"),
    ],
)
def test_headers_that_do_not_matter(call: Call, tenant: Tenant, header: dict[str, object]) -> None:
    assert call("/api/private", with_header(tenant, header)).status_code == 200


BAD_ALG = "invalid_header: The token must be signed with RS256."
BAD_CRIT = "invalid_header: The token's header has an extension (crit, b64) that this API does not support."
BAD_TYP = "invalid_header: The token's type (typ) must be JWT or at+jwt."
NO_KID = "invalid_header: The token's header has no key ID (kid)."
UNKNOWN_KID = "invalid_header: The tenant has no signing key with this key ID (kid)."


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"alg": None}, BAD_ALG),
        ({"alg": "none"}, BAD_ALG),
        ({"alg": "HS256"}, BAD_ALG),
        ({"alg": "rs256"}, BAD_ALG),
        ({"alg": "S256"}, BAD_ALG),
        ({"alg": "RS512"}, BAD_ALG),
        ({"alg": ["RS256"]}, BAD_ALG),
        ({"crit": []}, BAD_CRIT),
        ({"crit": ["exp"]}, BAD_CRIT),
        ({"b64": True}, BAD_CRIT),
        ({"typ": "id+jwt"}, BAD_TYP),
        ({"typ": "text/jwt"}, BAD_TYP),
        ({"typ": ["JWT"]}, BAD_TYP),
        ({"typ": ""}, BAD_TYP),
        ({"kid": None}, NO_KID),
        ({"kid": ""}, NO_KID),
        ({"kid": 1}, NO_KID),
        ({"kid": ["a"]}, NO_KID),
        ({"kid": {"a": 1}}, NO_KID),
        ({"kid": "made-up"}, UNKNOWN_KID),
    ],
    ids=str,
)
def test_headers_that_are_refused(
    call: Call, tenant: Tenant, header: dict[str, object], expected: str
) -> None:
    assert refusal(call, with_header(tenant, header)) == expected


@pytest.mark.parametrize(
    ("member", "expected"),
    [("alg", BAD_ALG), ("crit", BAD_CRIT), ("b64", BAD_CRIT), ("typ", BAD_TYP), ("kid", NO_KID)],
)
def test_a_header_member_that_is_null_is_not_absent(
    call: Call, tenant: Tenant, member: str, expected: str
) -> None:
    header = {"alg": "RS256", "typ": "JWT", "kid": tenant.signing_key.kid} | {member: None}

    assert refusal(call, tenant.signing_key.sign(header, {})) == expected


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="a string"),
        pytest.param(b"no json", id="no JSON"),
        pytest.param(b'{"a": 1}x', id="something behind"),
        pytest.param('\u00a0{"a": 1}'.encode(), id="a no-break space before"),
        pytest.param(b'{"a": "\xff"}', id="no UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b"[" * 5000, id="deep nesting"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="an endless number"),
    ],
)
@pytest.mark.parametrize("part", ["header", "payload"])
def test_header_and_payload_are_json_objects(
    call: Call, tenant: Tenant, part: str, raw: bytes
) -> None:
    good_header = {"alg": "RS256", "kid": tenant.signing_key.kid}
    if part == "header":
        token = tenant.signing_key.sign(raw, {})
    else:
        token = tenant.signing_key.sign(good_header, raw)

    assert refusal(call, token) == NO_OBJECT


def test_blanks_around_the_json_are_no_fault(call: Call, tenant: Tenant, token: Mint) -> None:
    """RFC 8259 section 2 allows four of them."""
    header = json.dumps({"alg": "RS256", "kid": tenant.signing_key.kid}).encode()
    claims = base64.urlsafe_b64decode(token().split(".")[1] + "==")

    blanks = b" \t\n\r"
    padded = tenant.signing_key.sign(blanks + header + blanks, blanks + claims + blanks)

    assert call("/api/private", padded).status_code == 200


NO_EXP = "invalid_claims: The token has no expiry (exp), or one that is not a number."
EXPIRED = "token_expired: The token has expired."
NBF_NO_NUMBER = "invalid_claims: The token's not-before time (nbf) is not a number."
NBF_AHEAD = "invalid_claims: The token is not valid yet (nbf)."
IAT_NO_NUMBER = "invalid_claims: The token's issue time (iat) is not a number."
IAT_AHEAD = "invalid_claims: The token was issued in the future (iat)."
BAD_ISS = "invalid_issuer: The token was issued by another tenant (iss)."
BAD_AUD = "invalid_audience: The token was issued for another audience (aud)."
NO_SUB = "invalid_claims: The token has no subject (sub)."
CNF = (
    "invalid_claims: The token is bound to a key (cnf); this API accepts only plain bearer tokens."
)

NO_NUMBERS = ["1", "", [], {}, True, NAN, INF, -INF, "1_9999_999_999", "١٩٩٩٩٩٩٩٩٩"]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize(
    ("claim", "expected"), [("exp", NO_EXP), ("nbf", NBF_NO_NUMBER), ("iat", IAT_NO_NUMBER)]
)
def test_a_time_is_a_number(
    call: Call, token: Mint, claim: str, value: object, expected: str
) -> None:
    assert refusal(call, token(**{claim: value})) == expected


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("exp", NO_EXP),
        ("nbf", NBF_NO_NUMBER),
        ("iat", IAT_NO_NUMBER),
        ("iss", BAD_ISS),
        ("aud", BAD_AUD),
        ("sub", NO_SUB),
        ("cnf", CNF),
    ],
)
def test_a_claim_that_is_null_is_not_absent(
    call: Call, tenant: Tenant, claim: str, expected: str
) -> None:
    payload = tenant.token().split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | {claim: None}
    kid = tenant.signing_key.kid

    assert refusal(call, tenant.signing_key.sign({"alg": "RS256", "kid": kid}, claims)) == expected


@pytest.mark.parametrize("claim", ["exp", "iss", "aud", "sub"])
def test_a_claim_that_is_required_is_missed(call: Call, token: Mint, claim: str) -> None:
    assert call("/api/private", token(**{claim: None})).status_code == 401


@pytest.mark.parametrize("claim", ["nbf", "iat", "azp", "gty", "scope", "permissions"])
def test_a_claim_that_is_not_required_is_not_missed(call: Call, token: Mint, claim: str) -> None:
    assert call("/api/private", token(**{claim: None})).status_code == 200


@pytest.mark.parametrize(
    ("claim", "seconds"),
    [("exp", -3), ("exp", 10**12), ("nbf", 57), ("iat", 57), ("iat", -(10**9)), ("nbf", -(10**9))],
)
@pytest.mark.parametrize("kind", [int, float])
def test_clocks_may_differ_a_little(
    call: Call, token: Mint, claim: str, seconds: int, kind: type
) -> None:
    assert call("/api/private", token(**{claim: kind(time.time() + seconds)})).status_code == 200


@pytest.mark.parametrize(
    ("claim", "seconds", "expected"),
    [
        ("exp", -5, EXPIRED),
        ("exp", -(10**400), EXPIRED),
        ("nbf", 63, NBF_AHEAD),
        ("nbf", 10**400, NBF_AHEAD),
        ("iat", 63, IAT_AHEAD),
    ],
    ids=["exp", "exp far back", "nbf", "nbf far ahead", "iat"],
)
def test_clocks_may_not_differ_much(
    call: Call, token: Mint, claim: str, seconds: int, expected: str
) -> None:
    assert refusal(call, token(**{claim: int(time.time()) + seconds})) == expected


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("claim", "last_good", "first_bad"),
    [
        ("exp", NOW - 4.999, NOW - 5),
        ("nbf", NOW + 60, NOW + 60.001),
        ("iat", NOW + 60, NOW + 60.001),
    ],
)
def test_the_leeway_is_exact(
    tenant: Tenant, token: Mint, claim: str, last_good: float, first_bad: float
) -> None:
    keys = SigningKeys(f"{tenant.issuer}.well-known/jwks.json")
    verifier = TokenVerifier(tenant.issuer, AUDIENCE, keys, clock=lambda: NOW)
    times = {"exp": NOW + 1, "nbf": NOW, "iat": NOW}

    assert verifier.verify(token(**times | {claim: last_good}))
    with pytest.raises(Unauthenticated):
        verifier.verify(token(**times | {claim: first_bad}))


def test_the_signature_is_judged_before_the_claims(call: Call, token: Mint) -> None:
    expired = token(exp=0)

    assert refusal(call, expired[:-8] + "AAAAAAAA") == BAD_SIGNATURE


def test_an_issuer_is_compared_whole(call: Call, tenant: Tenant) -> None:
    for other in (tenant.issuer[:-1], tenant.issuer + "/", tenant.issuer.upper(), [tenant.issuer]):
        assert refusal(call, tenant.token(iss=other)) == BAD_ISS


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["https://other.test", AUDIENCE]], ids=str)
def test_an_audience_is_ours_alone_or_among_others(call: Call, token: Mint, aud: object) -> None:
    assert call("/api/private", token(aud=aud)).status_code == 200


@pytest.mark.parametrize(
    "aud",
    [
        AUDIENCE + "/",
        AUDIENCE.upper(),
        AUDIENCE[:-1],
        [],
        [[AUDIENCE]],
        [AUDIENCE, 1],
        {AUDIENCE: 1},
    ],
    ids=str,
)
def test_an_audience_is_compared_whole(call: Call, token: Mint, aud: object) -> None:
    assert refusal(call, token(aud=aud)) == BAD_AUD


@pytest.mark.parametrize("sub", ["", 1, True, [], ["a"], {}], ids=repr)
def test_a_subject_is_a_text(call: Call, token: Mint, sub: object) -> None:
    assert refusal(call, token(sub=sub)) == NO_SUB


def test_a_token_bound_to_a_key_is_refused(call: Call, token: Mint) -> None:
    assert refusal(call, token(cnf={"x5t#S256": "abc"})) == CNF


def test_the_first_rule_that_fails_answers(call: Call, token: Mint) -> None:
    wrong: dict[str, object] = {
        "exp": 0,
        "nbf": "x",
        "iat": "x",
        "iss": "x",
        "aud": "x",
        "sub": "",
        "cnf": 1,
    }
    said = []
    for claim in list(wrong):
        said.append(refusal(call, token(**wrong)))
        del wrong[claim]

    assert said == [EXPIRED, NBF_NO_NUMBER, IAT_NO_NUMBER, BAD_ISS, BAD_AUD, NO_SUB, CNF]


def with_header(tenant: Tenant, changes: dict[str, object]) -> str:
    """A token with good claims; a header member that is None is left out."""
    header = {"alg": "RS256", "typ": "JWT", "kid": tenant.signing_key.kid} | changes
    payload = base64.urlsafe_b64decode(tenant.token().split(".")[1] + "==")
    present = {name: value for name, value in header.items() if value is not None}
    return tenant.signing_key.sign(present, payload)
