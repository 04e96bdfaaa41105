"""Token rules that are not in the hostile corpus: encodings, clock differences, absent claims."""

import base64
import json
import time
from collections.abc import Callable

import pytest
from flask import Flask
from local_auth0 import Tenant
from messages_api.auth import requires_auth
from messages_api.auth.rejections import Unauthenticated
from messages_api.auth.tokens import TokenVerifier

from ..support.api import Call, Mint, Serve, view_returning

AHEAD = "The token is not valid yet (nbf)."
IN_FUTURE = "The token was issued in the future (iat)."

Reject = Callable[[str], str]


@pytest.fixture
def accepts(call: Call, serve: Serve) -> Callable[[str], bool]:
    serve(requires_auth(view_returning("")))
    return lambda token: call("/show", token).status_code == 200


@pytest.fixture
def rejection(call: Call, serve: Serve) -> Reject:
    """Returns the description of a token's rejection."""
    serve(requires_auth(view_returning("")))

    def reject(token: str) -> str:
        response = call("/show", token)
        assert response.status_code == 401
        return str(response.get_json()["description"])

    return reject


@pytest.mark.parametrize(
    "change",
    [lambda token: token.replace(".", ". ", 1), lambda token: token + "é"],
    ids=["space in the header", "non-ASCII letter"],
)
def test_token_with_invalid_characters_is_rejected(
    rejection: Reject, token: Mint, change: Callable[[str], str]
) -> None:
    assert rejection(change(token())).startswith("The token has characters that no JWT has")


def test_token_with_many_permissions_is_accepted(
    accepts: Callable[[str], bool], token: Mint
) -> None:
    names = [f"read:messages-of-team-{number:04}" for number in range(200)]

    long = token(scope=" ".join(names), permissions=names)

    assert 15_000 < len(long) <= 16_384
    assert accepts(long)


def test_segment_with_incomplete_bytes_is_rejected(rejection: Reject, token: Mint) -> None:
    signed, _, _ = token().rpartition(".")

    assert rejection(f"{signed}.abcde") == "The token is not base64url-encoded."


@pytest.mark.parametrize("segment", [0, 1, 2], ids=["header", "payload", "signature"])
def test_token_with_a_changed_character_is_rejected(
    accepts: Callable[[str], bool], token: Mint, segment: int
) -> None:
    segments = token().split(".")
    first = segments[segment][0]
    segments[segment] = ("A" if first != "A" else "B") + segments[segment][1:]

    assert not accepts(".".join(segments))


def test_white_space_around_header_and_payload_is_accepted(
    accepts: Callable[[str], bool], tenant: Tenant, token: Mint
) -> None:
    """RFC 8259 section 2 allows four characters."""
    header = json.dumps({"alg": "RS256", "kid": tenant.signing_key.kid}).encode()
    claims = base64.urlsafe_b64decode(token().split(".")[1] + "==")
    space = b" \t\n\r"

    assert accepts(tenant.signing_key.sign(space + header + space, space + claims + space))


def test_half_of_a_surrogate_pair_is_rejected(app: Flask) -> None:
    verifier: TokenVerifier = app.extensions["auth0"]

    with pytest.raises(Unauthenticated):
        verifier.verify("\ud800.a.b")


@pytest.mark.parametrize("claim", ["azp", "gty", "scope", "permissions"])
def test_optional_claim_may_be_absent(
    accepts: Callable[[str], bool], token: Mint, claim: str
) -> None:
    assert accepts(token(**{claim: None}))


@pytest.mark.parametrize(
    ("claim", "seconds"),
    [("exp", -3), ("exp", 10**12), ("nbf", 57), ("iat", 57), ("iat", -(10**9)), ("nbf", -(10**9))],
)
@pytest.mark.parametrize("kind", [int, float])
def test_small_clock_difference_is_accepted(
    accepts: Callable[[str], bool], token: Mint, claim: str, seconds: int, kind: type
) -> None:
    assert accepts(token(**{claim: kind(time.time() + seconds)}))


@pytest.mark.parametrize(("claim", "expected"), [("nbf", AHEAD), ("iat", IN_FUTURE)])
def test_large_clock_difference_is_rejected(
    rejection: Reject, token: Mint, claim: str, expected: str
) -> None:
    assert rejection(token(**{claim: int(time.time()) + 63})) == expected
