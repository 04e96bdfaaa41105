"""Which keys of a key set are used. No tenant is asked."""

import base64

import pytest

from {{ cookiecutter.__package }}.auth.jwks import FetchError, read_keys

ABSENT = object()


def modulus(bits: int) -> str:
    """A number of that many bits as it stands in a key set: nobody asks what its factors are."""
    number = (1 << (bits - 1)) + 1
    return base64.urlsafe_b64encode(number.to_bytes((bits + 7) // 8)).rstrip(b"=").decode()


GOOD = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "good", "e": "AQAB", "n": modulus(2048)}


def jwk(**changes: object) -> dict[str, object]:
    """The good key with some members changed, or left out."""
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ABSENT}


@pytest.mark.parametrize(
    "document",
    [None, [], "keys", {}, {"keys": None}, {"keys": {}}, {"keys": []}, {"keys": [1]}],
    ids=str,
)
def test_a_key_set_without_keys_is_a_failed_fetch(document: object) -> None:
    with pytest.raises(FetchError, match="no usable RS256 key"):
        read_keys(document)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"alg": ABSENT},
        {"use": ABSENT},
        {"key_ops": ["verify"]},
        {"key_ops": ["sign", "verify"]},
        {"x5c": ["no certificate"], "x5t": 1},
    ],
    ids=str,
)
def test_keys_that_are_used(change: dict[str, object]) -> None:
    assert read_keys({"keys": [jwk(**change)]}).keys() == {GOOD["kid"]}


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": ABSENT},
        {"kid": ABSENT},
        {"alg": None},
        {"use": None},
        {"key_ops": None},
        {"kid": 1},
        {"kid": ["a"]},
        {"alg": "RSA-OAEP"},
        {"alg": "RS512"},
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"d": "AQAB"},
        {"n": ABSENT},
        {"e": ABSENT},
        {"d": None},
        {"n": 99},
        {"e": 65537},
        {"n": "é"},
        {"n": ""},
        {"e": "Ag"},
        {"n": "AQAB"},
    ],
    ids=str,
)
def test_a_key_that_is_not_usable_spoils_no_other(change: dict[str, object]) -> None:
    bad = jwk(**{"kid": "bad", **change})

    assert read_keys({"keys": [bad, GOOD]}).keys() == {GOOD["kid"]}
    with pytest.raises(FetchError):
        read_keys({"keys": [bad]})


@pytest.mark.parametrize(
    ("bits", "is_used"), [(1024, False), (2047, False), (2048, True), (8192, True), (8193, False)]
)
def test_a_modulus_has_2048_to_8192_bits(bits: int, is_used: bool) -> None:
    sized = jwk(kid="sized", n=modulus(bits))

    assert ("sized" in read_keys({"keys": [sized, GOOD]})) is is_used


def test_of_two_keys_with_one_id_the_first_is_used() -> None:
    one, other = jwk(kid="same"), jwk(kid="same", n=modulus(3072))

    for first, second in ((one, other), (other, one)):
        keys = read_keys({"keys": [first, second]})
        assert keys["same"].to_dict()["n"] == first["n"]
