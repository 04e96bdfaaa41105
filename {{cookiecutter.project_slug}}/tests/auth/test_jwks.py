"""Which responses are accepted as a JWKS, and which of its keys are used."""

import base64
import gzip
import json

import pytest
from requests.exceptions import InvalidURL
from werkzeug import Response

from {{ cookiecutter.__package }}.auth import jwks

from ..conftest import OwnTenant

ABSENT = "absent"


def modulus(bits: int) -> str:
    """Return a number of this many bits, as in a JWKS. It need not be the product of two primes."""
    number = (1 << (bits - 1)) + 1
    return base64.urlsafe_b64encode(number.to_bytes((bits + 7) // 8)).rstrip(b"=").decode()


GOOD = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "good", "e": "AQAB", "n": modulus(2048)}


def jwk(**changes: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ABSENT}


@pytest.mark.parametrize(
    ("member", "accepted", "rejected"),
    [
        ("kty", [], [ABSENT, "EC"]),
        ("kid", ["other"], [ABSENT, 1, ["a"]]),
        ("alg", [ABSENT], [None, "RS512", "RSA-OAEP"]),
        ("use", [ABSENT], [None, "enc"]),
        ("key_ops", [["verify"], ["sign", "verify"]], [None, "verify", ["encrypt"]]),
        ("d", [], [None, "AQAB"]),
        ("e", ["AQAB", "Aw", "_____w"], [ABSENT, 65537, "AQ", "Ag", "AQAAAAE"]),
        ("n", [modulus(2048), modulus(8192)], [modulus(1024), modulus(2047), modulus(8193)]),
        ("n", [], [ABSENT, 99, "é", "", "AQAB"]),
    ],
    ids=["kty", "kid", "alg", "use", "key_ops", "d", "e", "bits of n", "n"],
)
def test_key_is_used_only_for_rs256_signatures(
    member: str, accepted: list[object], rejected: list[object]
) -> None:
    for value in accepted:
        assert len(jwks.read_keys({"keys": [jwk(**{member: value})]})) == 1, value
    for value in rejected:
        bad = jwk(**{"kid": "bad", member: value})
        assert jwks.read_keys({"keys": [bad, GOOD]}).keys() == {"good"}, value


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": [1]}], ids=str)
def test_jwks_without_a_usable_key_is_an_error(document: dict[str, object]) -> None:
    with pytest.raises(jwks.FetchError, match="no usable RS256 key"):
        jwks.read_keys(document)


def url(tenant: OwnTenant) -> str:
    return f"{tenant.issuer}.well-known/jwks.json"


@pytest.mark.parametrize("status", [201, 204, 301, 500])
def test_response_with_a_status_other_than_200_is_an_error(
    own_tenant: OwnTenant, status: int
) -> None:
    body = json.dumps({"keys": [GOOD]})
    own_tenant.fault = lambda: Response(body, status, {"Location": "/"})

    with pytest.raises(jwks.FetchError, match=f"the response has status {status}, not 200"):
        jwks.fetch_keys(url(own_tenant))
    assert own_tenant.requests.total() == 1


@pytest.mark.parametrize("body", ["", "<h1>Log in</h1>", "null", "[]", "[" * 9999], ids=len)
def test_response_that_is_not_a_json_object_is_an_error(own_tenant: OwnTenant, body: str) -> None:
    own_tenant.fault = lambda: Response(body, 200)

    with pytest.raises(jwks.FetchError, match="the response is not a JSON object"):
        jwks.fetch_keys(url(own_tenant))


def test_jwks_of_more_than_64_kib_decompressed_is_an_error(own_tenant: OwnTenant) -> None:
    body = gzip.compress(json.dumps({"keys": [GOOD], "pad": "x" * 64 * 1024}).encode())
    own_tenant.fault = lambda: Response(body, 200, {"Content-Encoding": "gzip"})

    with pytest.raises(jwks.FetchError, match="larger than 65536 bytes"):
        jwks.fetch_keys(url(own_tenant))


def test_jwks_that_arrives_too_late_is_an_error(tenant: OwnTenant) -> None:
    with pytest.raises(jwks.FetchError, match="did not arrive within 0 s"):
        jwks.fetch_keys(url(tenant), seconds=0)


def test_malformed_proxy_address_is_not_part_of_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HTTPS_PROXY", "http://someone:sec#ret@localhost:1"), ("NO_PROXY", "")):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)

    with pytest.raises(InvalidURL, match=r"^HTTPS_PROXY is malformed, [^:]+$"):
        jwks.fetch_keys("https://tenant.test/")
