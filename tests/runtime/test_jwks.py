"""Which responses are accepted as a JWKS, and which of its keys are used."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme
from flask import request
from local_auth0 import Tenant
from messages_api.auth.jwks import FetchError, fetch, fetch_keys, read_keys
from werkzeug import Response


def jwks_url(tenant: Tenant) -> str:
    return f"{tenant.issuer}.well-known/jwks.json"


def test_keys_are_fetched_by_key_id(own_tenant: Tenant) -> None:
    own_tenant.rotate()

    assert fetch_keys(jwks_url(own_tenant)).keys() == {key["kid"] for key in own_tenant.keys}


def test_keys_are_fetched_without_a_password(
    own_tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sent = []
    own_tenant.fault = lambda: sent.append(request.headers.get("Authorization"))

    assert fetch_keys(jwks_url(own_tenant)).keys() == {own_tenant.signing_key.kid}
    assert sent == [None]


def test_json_is_posted(own_tenant: Tenant) -> None:
    own_tenant.fault = lambda: Response(
        json.dumps({"method": request.method, "sent": request.json}), 200
    )

    status, document, _ = fetch(f"{own_tenant.issuer}oauth/token", {"a": 1})

    assert (status, document) == (200, {"method": "POST", "sent": {"a": 1}})


def test_server_with_another_certificate_is_not_trusted(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other-ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other-ca.pem"))

    with pytest.raises(requests.exceptions.SSLError):
        fetch_keys(jwks_url(tenant))


def test_jwks_of_more_than_64_kib_is_an_error(own_tenant: Tenant) -> None:
    body = json.dumps({"keys": own_tenant.keys, "pad": "x" * 64 * 1024})
    own_tenant.fault = lambda: Response(body, 200)

    with pytest.raises(FetchError, match="larger than 65536 bytes"):
        fetch_keys(jwks_url(own_tenant))


def test_jwks_of_64_kib_is_read(own_tenant: Tenant) -> None:
    body = json.dumps({"keys": own_tenant.keys}).ljust(64 * 1024)
    own_tenant.fault = lambda: Response(body, 200)

    assert fetch_keys(jwks_url(own_tenant)).keys() == {own_tenant.signing_key.kid}


def test_jwks_that_arrives_too_slowly_is_an_error(own_tenant: Tenant) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(60):
            yield b" "
            time.sleep(0.05)

    own_tenant.fault = lambda: Response(drip(), 200)
    started = time.monotonic()

    with pytest.raises(FetchError, match=r"did not arrive within 0\.2 s"):
        fetch_keys(jwks_url(own_tenant), seconds=0.2)
    assert time.monotonic() - started < 2


@pytest.mark.slow
def test_fetch_waits_three_seconds_for_an_unresponsive_tenant() -> None:
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as unresponsive:
        longest = threading.Timer(5, unresponsive.close)
        longest.start()
        with pytest.raises(requests.exceptions.RequestException):
            fetch_keys(f"https://localhost:{unresponsive.getsockname()[1]}/")
        longest.cancel()

    assert 2.9 < time.monotonic() - started < 4.5


ABSENT = "absent"


def make_modulus(bits: int) -> str:
    """Return a number of this many bits in the form of a JWKS, not a product of primes."""
    number = (1 << (bits - 1)) + 1
    return base64.urlsafe_b64encode(number.to_bytes((bits + 7) // 8)).rstrip(b"=").decode()


VALID = {
    "kty": "RSA",
    "use": "sig",
    "alg": "RS256",
    "kid": "valid",
    "e": "AQAB",
    "n": make_modulus(2048),
}


def make_jwk(**changes: object) -> dict[str, object]:
    """Return the valid key with members changed, added or left out."""
    return {name: value for name, value in {**VALID, **changes}.items() if value is not ABSENT}


@pytest.mark.parametrize("document", [{"keys": None}, {"keys": []}], ids=str)
def test_jwks_without_keys_is_an_error(document: dict[str, object]) -> None:
    with pytest.raises(FetchError, match="no usable RS256 key"):
        read_keys(document)


def test_key_with_an_invalid_certificate_is_used() -> None:
    key = make_jwk(x5c=["no certificate"], x5t=1)

    assert read_keys({"keys": [key]}).keys() == {VALID["kid"]}


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
        {"e": "AQAAAAE"},
        {"n": "AQAB"},
    ],
    ids=str,
)
def test_unusable_key_is_ignored(change: dict[str, object]) -> None:
    unusable = make_jwk(**{"kid": "unusable", **change})

    assert read_keys({"keys": [unusable, VALID]}).keys() == {VALID["kid"]}
    with pytest.raises(FetchError):
        read_keys({"keys": [unusable]})


def test_first_of_two_keys_with_the_same_id_is_used() -> None:
    one, other = make_jwk(kid="same"), make_jwk(kid="same", n=make_modulus(3072))

    for first, second in ((one, other), (other, one)):
        keys = read_keys({"keys": [first, second]})
        assert keys["same"].to_dict()["n"] == first["n"]
