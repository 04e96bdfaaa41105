"""Verifying a token: its shape and signature, and which fault is reported first."""

import base64
from collections.abc import Callable

import pytest

from {{ cookiecutter.__package }}.auth import rejections
from {{ cookiecutter.__package }}.auth.key_cache import SigningKeys
from {{ cookiecutter.__package }}.auth.rejections import Reason
from {{ cookiecutter.__package }}.auth.tokens import TokenVerifier

from ..conftest import AUDIENCE, Mint
from local_auth0 import Tenant
from local_auth0.identity import SigningKey

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(scope="module")
def verifier(shared_tenant: Tenant) -> TokenVerifier:
    """A verifier that keeps the tenant's signing keys for all tests here."""
    keys = SigningKeys(f"{shared_tenant.issuer}.well-known/jwks.json")
    return TokenVerifier({shared_tenant.issuer: keys}, AUDIENCE)


def rejection(verifier: TokenVerifier, token: str) -> Reason:
    with pytest.raises(rejections.Unauthenticated) as rejection:
        verifier.verify(token)
    return rejection.value.reason


@pytest.mark.parametrize(
    ("claims", "client_id"),
    [({}, "local-client"), ({"rfc9068": True}, "local-client"), ({"azp": 1}, None)],
    ids=["Auth0", "RFC 9068", "azp is a number"],
)
def test_claims_of_a_valid_token_can_be_read(
    verifier: TokenVerifier, token: Mint, claims: dict[str, object], client_id: str | None
) -> None:
    verified = verifier.verify(token("a b", ["c"], "auth0|ann", **claims))

    assert (verified.subject, verified.client_id) == ("auth0|ann", client_id)
    assert (*sorted(verified.scopes), *verified.permissions) == ("a", "b", "c")


@pytest.mark.parametrize("act", [{"sub": "agent"}, {"sub": 1}, "agent", None])
def test_actor_of_a_delegated_token_can_be_read(
    verifier: TokenVerifier, token: Mint, act: object
) -> None:
    actor = verifier.verify(token(act=act)).actor

    assert actor == ("agent" if act == {"sub": "agent"} else None)


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("NOT_SIGNED_JWT", lambda token: token.rpartition(".")[0]),
        ("NOT_SIGNED_JWT", lambda token: token.rpartition(".")[0] + "."),
        ("NOT_SIGNED_JWT", lambda token: token + ".abcd"),
        ("INVALID_CHARACTERS", lambda token: token + "="),
        ("INVALID_CHARACTERS", lambda token: token[:-4] + "+/=="),
        ("INVALID_CHARACTERS", lambda token: token + "\u00a0"),
        ("SECOND_SCHEME", lambda token: f"bearer {token}"),
        ("PLACEHOLDER", lambda _: "[object Promise]"),
        ("PLACEHOLDER", lambda _: "${TOKEN}"),
        ("INVALID_CHARACTERS", lambda token: f'"{token}"'),
        ("NOT_BASE64URL", lambda token: token[:-1]),
        # Of the last character four bits are unused: this one decodes to the same signature.
        ("NOT_BASE64URL", lambda token: token[:-1] + BASE64URL[BASE64URL.index(token[-1]) + 1]),
        ("WRONG_SIGNATURE", lambda token: token[:-8] + "AAAAAAAA"),
    ],
    ids=[
        *("two segments", "no signature", "four segments", "padding", "other alphabet"),
        *("no-break space", "second Bearer", "promise", "placeholder", "quotes"),
        *("a character less", "unused bits", "other signature"),
    ],
)
def test_changed_token_is_rejected_before_its_claims_are_read(
    verifier: TokenVerifier, token: Mint, reason: str, change: Callable[[str], str]
) -> None:
    assert rejection(verifier, change(token(exp=0))) is getattr(rejections, reason)


def test_token_has_at_most_16384_characters(verifier: TokenVerifier) -> None:
    longest = "A" * (rejections.MAX_TOKEN_LENGTH - len(".A.A")) + ".A.A"

    assert rejection(verifier, longest) is rejections.NOT_JSON_OBJECTS
    assert rejection(verifier, "A" + longest) is rejections.TOO_LONG


@pytest.mark.parametrize("change", [lambda it: it[:-1], str.upper, lambda it: [it], lambda _: None])
def test_issuer_that_is_not_configured_is_rejected(
    verifier: TokenVerifier, tenant: Tenant, change: Callable[[str], object]
) -> None:
    token = tenant.token(iss=change(tenant.issuer))

    assert rejection(verifier, token) is rejections.WRONG_ISSUER


def test_token_is_signed_by_the_key_that_its_header_names(
    verifier: TokenVerifier, tenant: Tenant
) -> None:
    header = {"alg": "RS256", "kid": tenant.signing_key.kid}
    payload = base64.urlsafe_b64decode(tenant.token().split(".")[1] + "==")
    sign, sign_by_another_key = tenant.signing_key.sign, SigningKey().sign

    assert verifier.verify(sign(header, payload)).key_id == tenant.signing_key.kid
    assert rejection(verifier, sign_by_another_key(header, payload)) is rejections.WRONG_SIGNATURE
    assert rejection(verifier, sign(header | {"kid": "new"}, payload)) is rejections.UNKNOWN_KEY
    assert rejection(verifier, sign(header | {"alg": "none"}, {})) is rejections.WRONG_ALGORITHM


@pytest.mark.parametrize(
    "text",
    [b"[]", b"no", b"X{}", b"{}x", b"\xc2\xa0{}", b'{"a": "\xff"}', b"[" * 5000, b"9" * 5000],
    ids=["list", "text", "before", "after", "no-break space", "not UTF-8", "nesting", "number"],
)
def test_header_and_payload_must_be_json_objects(
    verifier: TokenVerifier, tenant: Tenant, text: bytes
) -> None:
    header, sign = {"alg": "RS256", "kid": tenant.signing_key.kid}, tenant.signing_key.sign

    assert rejection(verifier, sign(text, {})) is rejections.NOT_JSON_OBJECTS
    assert rejection(verifier, sign(header, text)) is rejections.NOT_JSON_OBJECTS
