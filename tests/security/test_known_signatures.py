"""A signature that was verified before is not verified again, and opens nothing else.

The verifier keeps digests of signed tokens for each key object, as long as the key is cached.
"""

import base64
import gc
import json
import weakref
from hashlib import sha256
from typing import Any

import pytest
from local_auth0 import Tenant
from local_auth0.identity import base64url
from messages_api.auth import jwks, rejections
from messages_api.auth.key_cache import SigningKeys
from messages_api.auth.rejections import Unauthenticated
from messages_api.auth.tokens import TokenVerifier

from ..support.api import AUDIENCE

LIMIT = 4096
"""The number of signatures that are kept for a key."""

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class CountingKey:
    """A signing key that counts its verifications; `accepts` replaces the result."""

    def __init__(self, tenant: Tenant, accepts: bool | None = None) -> None:
        self._key = jwks.read_keys({"keys": [tenant.signing_key.jwk]})[tenant.signing_key.kid]
        self._accepts = accepts
        self.verifications = 0

    def verify(self, signed: bytes, signature: bytes) -> bool:
        self.verifications += 1
        return self._key.verify(signed, signature) if self._accepts is None else self._accepts


class OneKey:
    """The cached signing keys of an issuer: one key for every key ID."""

    def __init__(self, key: CountingKey) -> None:
        self.key = key

    def find(self, _: str) -> CountingKey:
        return self.key


@pytest.fixture
def keys(tenant: Tenant) -> OneKey:
    return OneKey(CountingKey(tenant))


@pytest.fixture
def verifier(tenant: Tenant, keys: OneKey) -> TokenVerifier:
    return TokenVerifier({tenant.issuer: keys}, AUDIENCE)


def rejection(verifier: TokenVerifier, token: str) -> rejections.Reason:
    with pytest.raises(Unauthenticated) as error:
        verifier.verify(token)
    return error.value.reason


def test_signature_is_verified_once(verifier: TokenVerifier, keys: OneKey, tenant: Tenant) -> None:
    token, other = tenant.token(), tenant.token("read:messages")

    first = [verifier.verify(token).subject for _ in range(3)]

    assert first == ["local-client@clients"] * 3
    assert keys.key.verifications == 1
    assert verifier.verify(other).scopes == {"read:messages"}
    assert keys.key.verifications == 2


def test_rejected_signature_is_verified_again(
    verifier: TokenVerifier, keys: OneKey, tenant: Tenant
) -> None:
    token = tenant.token()
    forged = token[:-8] + "AAAAAAAA"

    for count in (1, 2, 3):
        assert rejection(verifier, forged) is rejections.WRONG_SIGNATURE
        assert keys.key.verifications == count
    verifier.verify(token)
    assert rejection(verifier, forged) is rejections.WRONG_SIGNATURE


@pytest.mark.parametrize("position", [0, 1], ids=["header", "payload"])
def test_accepted_signature_is_not_accepted_for_other_content(
    verifier: TokenVerifier, tenant: Tenant, position: int
) -> None:
    token = tenant.token("read:messages")
    verifier.verify(token)
    segments = token.split(".")
    members = json.loads(base64.urlsafe_b64decode(segments[position] + "=="))
    changed = json.dumps(members | {"scope": "delete:messages"})
    segments[position] = base64url(changed.encode())

    assert rejection(verifier, ".".join(segments)) is rejections.WRONG_SIGNATURE


def test_every_other_signature_is_rejected(verifier: TokenVerifier, tenant: Tenant) -> None:
    signed, _, signature = tenant.token().rpartition(".")
    verifier.verify(f"{signed}.{signature}")

    for index, character in enumerate(signature[:-1]):
        other = signature[:index] + ("A" if character != "A" else "B") + signature[index + 1 :]
        assert rejection(verifier, f"{signed}.{other}") is rejections.WRONG_SIGNATURE
    for last in set(BASE64URL) - {signature[-1]}:
        is_canonical = BASE64URL.index(last) % 16 == 0  # four bits are unused
        expected = rejections.WRONG_SIGNATURE if is_canonical else rejections.NOT_BASE64URL
        assert rejection(verifier, f"{signed}.{signature[:-1]}{last}") is expected


def test_new_key_with_the_same_id_does_not_accept_tokens_of_the_old_one(
    verifier: TokenVerifier, keys: OneKey, tenant: Tenant
) -> None:
    token = tenant.token()
    verifier.verify(token)
    keys.key = CountingKey(tenant, accepts=False)

    assert rejection(verifier, token) is rejections.WRONG_SIGNATURE
    assert keys.key.verifications == 1


def test_new_key_verifies_a_token_once_more(
    verifier: TokenVerifier, keys: OneKey, tenant: Tenant
) -> None:
    token = tenant.token()
    verifier.verify(token)
    keys.key = CountingKey(tenant)

    for _ in range(3):
        verifier.verify(token)

    assert keys.key.verifications == 1


def test_replaced_key_leaves_nothing_in_memory(
    verifier: TokenVerifier, keys: OneKey, tenant: Tenant
) -> None:
    verifier.verify(tenant.token())
    replaced = weakref.ref(keys.key)
    keys.key = CountingKey(tenant)
    gc.collect()

    assert replaced() is None
    assert len(verifier._known) == 0


def test_only_digests_of_tokens_are_kept(
    verifier: TokenVerifier, keys: OneKey, tenant: Tenant
) -> None:
    token = tenant.token()
    verifier.verify(token)

    assert [*verifier._known[keys.key].values()] == [sha256(token.encode()).digest()]


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("clock", lambda: 4e9, rejections.EXPIRED),
        ("clock", lambda: 1e9, rejections.ISSUED_IN_FUTURE),
        ("audience", "another", rejections.WRONG_AUDIENCE),
        ("issuers", {}, rejections.WRONG_ISSUER),
    ],
    ids=["later", "earlier", "another audience", "another issuer"],
)
def test_claims_of_a_known_token_are_checked_each_time(
    verifier: TokenVerifier, tenant: Tenant, attribute: str, value: Any, reason: rejections.Reason
) -> None:
    token = tenant.token()
    verifier.verify(token)
    setattr(verifier, attribute, value)

    assert rejection(verifier, token) is reason


def test_revoked_key_rejects_a_known_token(own_tenant: Tenant) -> None:
    keys = SigningKeys(f"{own_tenant.issuer}.well-known/jwks.json")
    verifier, token = TokenVerifier({own_tenant.issuer: keys}, AUDIENCE), own_tenant.token()
    verifier.verify(token)
    own_tenant.rotate(keep_old=False)
    verifier.verify(own_tenant.token())  # fetches the new keys

    assert rejection(verifier, token) is rejections.UNKNOWN_KEY


def test_number_of_known_signatures_is_limited(
    verifier: TokenVerifier, keys: OneKey, tenant: Tenant
) -> None:
    keys.key = CountingKey(tenant, accepts=True)
    header, payload, _ = tenant.token().split(".")
    tokens = [f"{header}.{payload}.{number:04x}" for number in range(2 * LIMIT)]
    for token in tokens:
        verifier.verify(token)
    assert keys.key.verifications == 2 * LIMIT

    for token in reversed(tokens):
        verifier.verify(token)
    known = 4 * LIMIT - keys.key.verifications

    assert LIMIT / 2 < known <= LIMIT
    assert len(verifier._known[keys.key]) <= LIMIT
