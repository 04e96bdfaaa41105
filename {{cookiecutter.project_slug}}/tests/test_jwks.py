"""Which answers of the tenant are taken for a key set."""

import gzip
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
from werkzeug import Response

from {{ cookiecutter.__package }}.auth.jwks import FetchError, fetch_keys

from local_auth0 import Tenant


def jwks_url(tenant: Tenant) -> str:
    return f"{tenant.issuer}.well-known/jwks.json"


def test_the_keys_are_fetched_by_key_id(tenant: Tenant) -> None:
    tenant.rotate()

    assert fetch_keys(jwks_url(tenant)).keys() == {key["kid"] for key in tenant.keys}


def test_a_server_with_another_certificate_is_not_believed(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other-ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other-ca.pem"))

    with pytest.raises(requests.exceptions.SSLError):
        fetch_keys(jwks_url(tenant))


@pytest.mark.parametrize("status", [201, 204, 301, 302, 404, 429, 500])
def test_any_status_but_200_is_a_failed_fetch(tenant: Tenant, status: int) -> None:
    location = {"Location": "/.well-known/openid-configuration"}
    tenant.fault = lambda: Response(json.dumps({"keys": tenant.keys}), status, location)

    with pytest.raises(FetchError, match=f"the response has status {status}, not 200"):
        fetch_keys(jwks_url(tenant))
    assert sum(tenant.requests.values()) == 1


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
def test_more_than_64_kib_is_a_failed_fetch(tenant: Tenant, compressed: bool) -> None:
    body = json.dumps({"keys": tenant.keys, "pad": "x" * 64 * 1024}).encode()
    headers = {"Content-Encoding": "gzip"} if compressed else {}
    tenant.fault = lambda: Response(gzip.compress(body) if compressed else body, 200, headers)

    with pytest.raises(FetchError, match="larger than 65536 bytes"):
        fetch_keys(jwks_url(tenant))


def test_a_body_that_drips_is_ended_by_the_clock(tenant: Tenant) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(60):
            yield b" "
            time.sleep(0.05)

    tenant.fault = lambda: Response(drip(), 200)
    started = time.monotonic()

    with pytest.raises(FetchError, match=r"did not arrive within 0\.2 s"):
        fetch_keys(jwks_url(tenant), seconds=0.2)
    assert time.monotonic() - started < 2


def test_a_silent_tenant_is_waited_for_three_seconds() -> None:
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        longest = threading.Timer(5, silent.close)
        longest.start()
        with pytest.raises(requests.exceptions.RequestException):
            fetch_keys(f"https://localhost:{silent.getsockname()[1]}/")
        longest.cancel()

    assert 2.9 < time.monotonic() - started < 4.5


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"keys": ['])
def test_what_is_no_json_is_a_failed_fetch(tenant: Tenant, body: bytes) -> None:
    tenant.fault = lambda: Response(body, 200)

    with pytest.raises(ValueError, match="Expecting"):
        fetch_keys(jwks_url(tenant))


def test_no_password_of_a_proxy_is_told(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://someone:sec#ret@localhost:1")

    with pytest.raises(FetchError, match=r"^the proxy's address is malformed: [^:]+$"):
        fetch_keys(jwks_url(tenant))


def test_no_password_is_sent(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert requests.utils.get_netrc_auth(tenant.issuer) == ("someone", "secret")
    sent = []
    tenant.fault = lambda: sent.append(request.headers.get("Authorization"))

    fetch_keys(jwks_url(tenant))

    assert sent == [None]
