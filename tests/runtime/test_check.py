"""`flask auth0 check`: every problem that it reports, and the requests that it sends."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import request
from local_auth0 import Tenant
from local_auth0.identity import SigningKey
from messages_api import create_app
from werkzeug import Response

from ..support.api import AUDIENCE

DISCOVERY, JWKS = "/.well-known/openid-configuration", "/.well-known/jwks.json"
TOKEN = "/oauth/token"  # noqa: S105
SECRET = "a-secret-of-the-application"  # noqa: S105

NO_KEYS, NO_TOKEN = "✗ The signing keys cannot be fetched.", "✗ The application gets no token."
NO_DISCOVERY = "✗ There is no discovery document with the expected issuer."
ISSUER = 'expected: "https://DOMAIN/"'
COMPARE_DOMAIN = "-> compare AUTH0_DOMAIN with the domain in the dashboard"
SOMETHING_ELSE = ["the cause is FetchError", "-> open https://DOMAIN in a browser"]
CHECK_TLS = (
    "-> check AUTH0_DOMAIN; add the CA of a proxy that inspects TLS to REQUESTS_CA_BUNDLE; since"
    " Python 3.13 that CA must follow RFC 5280"
)
CHECK_APPLICATION = (
    "-> compare AUTH0_CHECK_CLIENT_ID, AUTH0_CHECK_CLIENT_SECRET and AUTH0_AUDIENCE with the"
    " dashboard; authorize the application for the API; see Monitoring > Logs"
)

Check = Callable[..., Result]


@pytest.fixture
def check(own_tenant: Tenant) -> Check:
    """Runs the command: `check()`, or with other settings."""

    def check(charset: str = "utf-8", color: bool = False, **settings: str) -> Result:
        environ = {"AUTH0_DOMAIN": own_tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}
        runner = create_app(environ | settings).test_cli_runner(charset=charset)
        return runner.invoke(args=["auth0", "check"], color=color)

    return check


@pytest.fixture
def application_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment, with which the command requests a token."""
    monkeypatch.setenv("AUTH0_CHECK_CLIENT_ID", "local-client")
    monkeypatch.setenv("AUTH0_CHECK_CLIENT_SECRET", SECRET)


@pytest.fixture
def plain_http_server() -> Iterator[str]:
    """The address of a server that responds to a TLS handshake with plain HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def respond() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=respond, daemon=True)
        thread.start()
        yield f"localhost:{server.getsockname()[1]}"
        thread.join(5)


def set_response(
    tenant: Tenant, path: str, body: object, status: int = 200, **headers: str
) -> None:
    """Make the tenant send this response to requests for one path."""
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    tenant.fault = lambda: Response(text, status, named) if request.path == path else None


def reported_problems(result: Result) -> list[str]:
    """Return the lines of all problems and their details, with DOMAIN instead of the domain."""
    found = "".join(re.findall(r"^✗.*\n(?: .*\n)*", result.output, re.MULTILINE))
    return [line.strip() for line in re.sub(r"localhost:\d+", "DOMAIN", found).splitlines()]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {"REQUESTS_CA_BUNDLE": ""},
            [
                "✗ TLS handshake failed: unable to get local issuer certificate.",
                "the cause is SSLCertVerificationError",
                CHECK_TLS,
            ],
        ),
        (
            {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem"},
            [
                "✗ The CA bundle cannot be read.",
                "the cause is OSError",
                "-> set REQUESTS_CA_BUNDLE to a PEM file or unset it",
            ],
        ),
        (
            {"REQUESTS_CA_BUNDLE": __file__},
            [
                "✗ TLS handshake failed: NO_CERTIFICATE_OR_CRL_FOUND.",
                "the cause is SSLError",
                CHECK_TLS,
            ],
        ),
        (
            {"HTTPS_PROXY": "http://user:password@localhost:1"},
            [
                "✗ The request failed at the proxy.",
                "the cause is ConnectionRefusedError",
                "-> check HTTPS_PROXY and NO_PROXY",
            ],
        ),
    ],
    ids=[
        "unknown CA",
        "CA bundle does not exist",
        "CA bundle without a certificate",
        "unreachable proxy",
    ],
)
def test_invalid_variable_is_reported_with_its_fix(
    own_tenant: Tenant,
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    expected: list[str],
) -> None:
    if "HTTPS_PROXY" in variables:
        variables |= {"https_proxy": variables["HTTPS_PROXY"], "NO_PROXY": "", "no_proxy": ""}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    result = check()

    assert reported_problems(result) == expected
    assert result.exit_code == 1
    assert "pass" not in result.output
    assert result.output.count("✓") == 1  # only the audience could be checked
    assert own_tenant.requests.total() == 0


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("http://user:pass#word@localhost:1", "LocationParseError"),
        ("http://user:password@localhost:port", "LocationParseError"),
        ("http://localhost:65536", "LocationParseError"),
        ("http://::1:3128", "LocationParseError"),
        ("http://[::1", "LocationParseError"),
        ("http://user:password@proxy..test:1", "Unicode(Encode)?Error"),
        ("http://", "InvalidProxyURL"),
        ("localhost:1", "InvalidProxyURL"),
        ("ftp://localhost:1", "ProxySchemeUnknown"),
        ("socks://user:password@localhost:1", "ValueError"),
        ("socks9://user:password@localhost:1", "ValueError"),
        ("socks5://localhost:port", "LocationParseError"),
    ],
)
def test_malformed_proxy_is_reported_with_its_fix(
    own_tenant: Tenant, check: Check, monkeypatch: pytest.MonkeyPatch, address: str, cause: str
) -> None:
    set_proxy(monkeypatch, address)

    result = check()

    first, fact, hint = reported_problems(result)
    assert first == "✗ The proxy's address is malformed."
    assert re.fullmatch(f"the cause is {cause}", fact)
    assert hint == "-> set HTTPS_PROXY (or ALL_PROXY) to http://<host>:<port>"
    assert result.exit_code == 1
    assert "pass" not in result.output
    assert result.output.count("✓") == 1
    assert own_tenant.requests.total() == 0


@pytest.mark.parametrize("address", ["http://[::1]:1", "[::1]:1", "https://localhost:1"])
def test_unreachable_proxy_is_reported(
    check: Check, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    set_proxy(monkeypatch, address)

    first, _, hint = reported_problems(check())

    assert first == "✗ The request failed at the proxy."
    assert hint == "-> check HTTPS_PROXY and NO_PROXY"


def test_unreachable_socks_proxy_is_reported_as_failed_request(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxy(monkeypatch, "socks5h://localhost:1")

    result = check()

    assert reported_problems(result) == [
        "✗ The request to DOMAIN failed.",
        "the cause is ConnectionRefusedError",
        "-> check for a firewall; check HTTPS_PROXY and NO_PROXY",
    ]
    assert result.output.count("✓") == 1


@pytest.mark.parametrize(
    "address", ["socks9://user:password@localhost:1", "http://user:password@proxy..test:1"]
)
def test_log_has_no_password_of_a_malformed_proxy(
    own_tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    address: str,
) -> None:
    set_proxy(monkeypatch, address)
    app = create_app({"AUTH0_DOMAIN": own_tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})

    headers = {"Authorization": f"Bearer {own_tenant.token()}"}
    response = app.test_client().get("/api/private", headers=headers)

    assert response.status_code == 503
    assert "HTTPS_PROXY is malformed" in caplog.text
    assert "password" not in caplog.text


def set_proxy(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name, value in {"HTTPS_PROXY": address, "NO_PROXY": ""}.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)


def test_socks_proxy_without_pysocks_is_reported(api_folder: Path) -> None:
    code = """
import sys
sys.modules["socks"] = None  # as if PySocks were not installed
from messages_api import create_app
settings = {"AUTH0_DOMAIN": "localhost:1", "AUTH0_AUDIENCE": "https://api.test"}
print(create_app(settings).test_cli_runner().invoke(args=["auth0", "check"]).output)
"""
    proxy = "socks5://user:password@localhost:1"
    environ = {"HTTPS_PROXY": proxy, "PYTHONPATH": str(api_folder), "PYTHONIOENCODING": "utf-8"}

    output = subprocess.run(
        [sys.executable, "-c", code], env=environ, check=True, capture_output=True, encoding="utf-8"
    ).stdout

    assert output.splitlines()[1:4] == [
        "✗ The proxy is a SOCKS proxy, and PySocks is not installed.",
        "    the cause is InvalidSchema",
        "    -> use an HTTP proxy, or put requests[socks] into pyproject.toml and run 'make lock'",
    ]
    assert "password" not in output


def test_closed_port_is_reported(check: Check) -> None:
    assert reported_problems(check(AUTH0_DOMAIN="localhost:1")) == [
        "✗ The request to DOMAIN failed.",
        "the cause is ConnectionRefusedError",
        "-> check for a firewall; check HTTPS_PROXY and NO_PROXY",
    ]


def test_server_without_tls_is_reported(check: Check, plain_http_server: str) -> None:
    first, cause, hint = reported_problems(check(AUTH0_DOMAIN=plain_http_server))

    reason = r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE"  # by the version of OpenSSL
    assert re.fullmatch(rf"✗ TLS handshake failed: ({reason})\.", first)
    assert (cause, hint) == ("the cause is SSLError", CHECK_TLS)


@pytest.mark.parametrize(
    ("path", "response", "expected"),
    [
        (
            DISCOVERY,
            ({"error": "not_found"}, 404),
            [NO_DISCOVERY, "status is 404", "issuer is null", ISSUER, COMPARE_DOMAIN],
        ),
        (
            DISCOVERY,
            ("<h1>Log in to this network</h1>", 200),
            [NO_DISCOVERY, "status is 200", "issuer is null", ISSUER, COMPARE_DOMAIN],
        ),
        (
            DISCOVERY,
            ('{"issuer": "https://DOMAIN/", "' + "a" * 64 * 1024 + '": 1}', 200),
            [
                "✗ This may be another server: the response is larger than 65536 bytes.",
                *SOMETHING_ELSE,
            ],
        ),
        (
            JWKS,
            ({}, 503),
            [
                NO_KEYS,
                "This may be another server: the response has status 503, not 200.",
                *SOMETHING_ELSE,
            ],
        ),
    ],
    ids=["discovery 404", "HTML page", "discovery above 64 KiB", "JWKS 503"],
)
def test_unexpected_response_is_reported_with_its_fix(
    own_tenant: Tenant,
    check: Check,
    path: str,
    response: tuple[object, int],
    expected: list[str],
) -> None:
    body, status = response
    body = body.replace("DOMAIN", own_tenant.domain) if isinstance(body, str) else body
    set_response(own_tenant, path, body, status)

    assert reported_problems(check()) == expected


def test_jwks_with_invalid_gzip_is_reported(own_tenant: Tenant, check: Check) -> None:
    set_response(own_tenant, JWKS, "not gzip", Content_Encoding="gzip")

    problem = "This may be another server: the response is not a JSON object."
    assert reported_problems(check()) == [NO_KEYS, problem, *SOMETHING_ELSE]


@pytest.mark.parametrize("usable", [1, 0], ids=["with a usable key", "only"])
def test_weak_key_is_not_usable(own_tenant: Tenant, check: Check, usable: int) -> None:
    weak = SigningKey(rsa.generate_private_key(65537, 1024))  # noqa: S505
    own_tenant.keys = [own_tenant.signing_key.jwk, weak.jwk][1 - usable :]

    result = check()

    assert weak.kid not in result.output
    assert (own_tenant.signing_key.kid in result.output) == bool(usable)
    assert result.exit_code == 1 - usable


def test_secret_without_client_id_is_a_problem(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH0_CHECK_CLIENT_SECRET", SECRET)

    result = check()

    assert reported_problems(result)[0].startswith(
        "✗ No token was requested: set AUTH0_CHECK_CLIENT_ID"
    )
    assert SECRET not in result.output


@pytest.mark.usefixtures("application_credentials")
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            401,
            {"error": "access_denied", "error_description": "Unauthorized"},
            ["401", 'error is "access_denied"', 'error_description is "Unauthorized"'],
        ),
        (
            403,
            {"error": "access_denied", "error_description": f"Service not found: {AUDIENCE}"},
            [
                "403",
                'error is "access_denied"',
                f'error_description is "Service not found: {AUDIENCE}"',
            ],
        ),
        (
            429,
            {"error": "too_many_requests\x1b[31m"},
            ["429", r'error is "too_many_requests\u001b[31m"'],
        ),
        (200, {"access_token": 1}, ["200"]),
    ],
    ids=[
        "wrong secret",
        "no API of this audience",
        "too many requests",
        "token is not a string",
    ],
)
def test_error_from_token_endpoint_is_quoted_with_its_fix(
    own_tenant: Tenant, check: Check, status: int, body: object, expected: list[str]
) -> None:
    set_response(own_tenant, TOKEN, body, status)

    first, *facts, hint = reported_problems(check())

    assert first == NO_TOKEN
    assert facts == [f"status is {expected[0]}", *expected[1:]]
    assert hint == CHECK_APPLICATION


@pytest.mark.usefixtures("application_credentials")
def test_token_response_with_invalid_gzip_is_reported(own_tenant: Tenant, check: Check) -> None:
    set_response(own_tenant, TOKEN, "not gzip", Content_Encoding="gzip")

    assert reported_problems(check()) == [NO_TOKEN, "status is 200", CHECK_APPLICATION]


@pytest.mark.usefixtures("application_credentials")
@pytest.mark.parametrize(
    ("mint", "expected"),
    [
        (lambda _: "opaque", "✗ The token is not a signed JWT of three segments:"),
        (
            lambda tenant: tenant.signing_key.sign({"alg": "HS256"}, {}),
            "✗ The token must be signed with RS256.",
        ),
        (
            lambda tenant: tenant.token("read:b read:a", ["do:c"]),
            '- scope is "read:b read:a".\n- permissions is ["do:c"].\n',
        ),
    ],
    ids=["opaque", "HS256", "scopes and permissions"],
)
def test_token_of_the_application_is_explained(
    own_tenant: Tenant, check: Check, mint: Callable[[Tenant], str], expected: str
) -> None:
    set_response(own_tenant, TOKEN, {"access_token": mint(own_tenant)})

    result = check()

    assert "✓ The application gets a token for this audience.\n" in result.output
    assert expected in result.output
    assert result.exit_code == int("✗" in expected)


@pytest.mark.usefixtures("application_credentials")
def test_secret_is_not_sent_to_a_redirect_target(own_tenant: Tenant, check: Check) -> None:
    set_response(own_tenant, TOKEN, "", 307, Location=f"{own_tenant.issuer}elsewhere")

    result = check()

    assert own_tenant.requests[TOKEN] == 1
    assert own_tenant.requests["/elsewhere"] == 0
    assert SECRET not in result.output


@pytest.mark.usefixtures("application_credentials")
def test_password_from_netrc_is_not_sent(
    own_tenant: Tenant, check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sent: list[str | None] = []
    own_tenant.fault = lambda: sent.append(request.headers.get("Authorization"))

    check()

    assert sent == [None] * 4  # discovery, JWKS, token, and the JWKS that verifies the token


def test_output_to_a_terminal_has_colours(check: Check) -> None:
    assert check(color=True).output.startswith("\x1b[32m✓\x1b[0m The audience")
    assert "\x1b" not in check().output


def test_marks_are_ascii_if_encoding_has_no_check_mark(check: Check) -> None:
    lines = check(charset="ascii", AUTH0_DOMAIN="localhost:1").output.splitlines()

    assert [line.partition(" ")[0] for line in lines if line[0] != " "] == ["ok", "NO", "-"]
