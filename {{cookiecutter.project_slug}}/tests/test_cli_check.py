"""`flask auth0 check` beside a tenant in good health, and in trouble: all that it prints."""

import json
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import request
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler

from {{ cookiecutter.__package }} import create_app

from local_auth0 import Tenant
from local_auth0.identity import SigningKey

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/.well-known/jwks.json"
TOKEN = "/oauth/token"
PROXY = "http://user:password@localhost:1"
ODD_PROXY = "http://user:pass#word@localhost:1"
SECRET = "a-secret-of-the-application"
WEAK = SigningKey(rsa.generate_private_key(65537, 1024))  # noqa: S505  # which is the point


@dataclass(frozen=True)
class Scene:
    """What a case can change before the command runs."""

    tenant: Tenant
    settings: dict[str, str]
    patch: pytest.MonkeyPatch


Arrange = Callable[[Scene], object]


def healthy(_: Scene) -> None:
    """Change nothing."""


def application(scene: Scene) -> None:
    """Let there be an application to get a token with."""
    scene.patch.setenv("AUTH0_CHECK_CLIENT_ID", "local-client")
    scene.patch.setenv("AUTH0_CHECK_CLIENT_SECRET", SECRET)


def answers(path: str, body: object, status: int = 200, **headers: str) -> Arrange:
    """Have the tenant answer one path with this, and the others as always."""
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def arrange(scene: Scene) -> None:
        fault = lambda: Response(text, status, named) if request.path == path else None  # noqa: E731
        scene.tenant.fault = fault

    return arrange


def answers_token(body: object, status: int = 200, **headers: str) -> Arrange:
    """Have the tenant give the application this in place of a token."""

    def arrange(scene: Scene) -> None:
        application(scene)
        answers(TOKEN, body, status, **headers)(scene)

    return arrange


def gives(mint: Callable[[Tenant], str]) -> Arrange:
    """Have the tenant give the application this token."""
    return lambda scene: answers_token({"access_token": mint(scene.tenant)})(scene)


def dated(date: Callable[[], str]) -> Arrange:
    """Have the tenant say that it is this time."""
    return lambda scene: scene.patch.setattr(
        WSGIRequestHandler, "date_time_string", lambda *_: date()
    )


def ahead(seconds: float) -> Arrange:
    """Have the tenant's clock run ahead of this machine's."""
    return dated(lambda: formatdate(time.time() + seconds, usegmt=True))


def keys(*given: dict[str, str]) -> Arrange:
    """Have the tenant's key set be its good key and these."""

    def arrange(scene: Scene) -> None:
        scene.tenant.keys = [scene.tenant.signing_key.jwk, *given]

    return arrange


def no_keys(scene: Scene) -> None:
    scene.tenant.keys = [WEAK.jwk]


def settings(**given: str) -> Arrange:
    return lambda scene: scene.settings.update(given)


def environ(**given: str) -> Arrange:
    def arrange(scene: Scene) -> None:
        for name, value in given.items():
            scene.patch.setenv(name, value)

    return arrange


def no_name(scene: Scene) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    scene.patch.setattr(socket, "getaddrinfo", fail)


def unknown_ca(scene: Scene) -> None:
    scene.patch.delenv("REQUESTS_CA_BUNDLE")


WELL = """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
"""

CASES: dict[str, tuple[Arrange, str]] = {
    "in good health": (
        healthy,
        WELL
        + """\
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "in good health, with an application": (
        application,
        WELL
        + """\
✓ The application gets a token for this audience.
✓ The API accepts it.
    scopes: none
    permissions: none
""",
    ),
    "two keys, one of them weak": (
        keys(WEAK.jwk),
        WELL
        + """\
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "the tenant does not say the time": (
        dated(lambda: "soon"),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
- The tenant does not say what time it is.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "no such name": (
        no_name,
        """\
✗ The name localhost does not resolve.
    -> compare AUTH0_DOMAIN with the domain in the dashboard; look whether DNS works here
- Nothing else could be asked of the tenant.
✓ The audience "https://api.test" looks like the identifier of an API.
""",
    ),
    "a CA that is not known": (
        unknown_ca,
        """\
✓ The name localhost resolves.
✗ TLS with DOMAIN is not good: unable to get local issuer certificate.
    -> if a proxy of your company reads along, put its CA into REQUESTS_CA_BUNDLE; if none does, compare AUTH0_DOMAIN with the domain in the dashboard
- Nothing else could be asked of the tenant.
✓ The audience "https://api.test" looks like the identifier of an API.
""",
    ),
    "a CA bundle that is not there": (
        environ(REQUESTS_CA_BUNDLE="/nowhere/ca.pem"),
        """\
✗ The file that REQUESTS_CA_BUNDLE names cannot be read.
    -> set it to a file of certificates in PEM, or take it away
- Nothing else could be asked of the tenant.
✓ The audience "https://api.test" looks like the identifier of an API.
""",
    ),
    "nothing listens": (
        settings(AUTH0_DOMAIN="localhost:1"),
        """\
✓ The name localhost resolves.
✗ DOMAIN gives no answer.
    the cause is ConnectionRefusedError
    -> look for a firewall between, and whether this machine needs HTTPS_PROXY
- Nothing else could be asked of the tenant.
✓ The audience "https://api.test" looks like the identifier of an API.
""",
    ),
    "a proxy at no address": (
        environ(HTTPS_PROXY=ODD_PROXY, https_proxy=ODD_PROXY, NO_PROXY="", no_proxy=""),
        """\
✗ The proxy's address cannot be read.
    -> look at HTTPS_PROXY
- Nothing else could be asked of the tenant.
✓ The audience "https://api.test" looks like the identifier of an API.
""",
    ),
    "a proxy that is not there": (
        environ(HTTPS_PROXY=PROXY, https_proxy=PROXY, NO_PROXY="", no_proxy=""),
        """\
✗ The proxy does not let the request through.
    -> look at HTTPS_PROXY and NO_PROXY
- Nothing else could be asked of the tenant.
✓ The audience "https://api.test" looks like the identifier of an API.
""",
    ),
    "no tenant there": (
        answers(DISCOVERY, {"error": "not_found"}, 404),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✗ There is no discovery document: no tenant is here.
    the answer has status 404, and a JSON object
    -> compare AUTH0_DOMAIN with the domain in the dashboard
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "a page in the tenant's place": (
        answers(DISCOVERY, "<h1>Log in to this network</h1>"),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✗ There is no discovery document: no tenant is here.
    the answer has status 200, and no JSON object
    -> compare AUTH0_DOMAIN with the domain in the dashboard
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "another issuer": (
        answers(DISCOVERY, {"issuer": "https://tenant.eu.auth0.com/"}),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✗ The discovery document names another issuer.
    issuer is "https://tenant.eu.auth0.com/"
    expected is "https://DOMAIN/"
    -> compare AUTH0_DOMAIN with the domain in the dashboard
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "no key of use": (
        no_keys,
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✗ The signing keys cannot be fetched: the JWKS has no usable RS256 key.
    -> look at Settings > Signing Keys of the tenant; it has to sign with RS256
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "a key set that is no JSON": (
        answers(KEYS, "<h1>Moved</h1>"),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✗ The signing keys cannot be fetched: the JWKS is not JSON.
    -> open https://DOMAIN/.well-known/jwks.json: does something else answer in the tenant's place?
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "a key set that cannot be read": (
        answers(KEYS, "no gzip", Content_Encoding="gzip"),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✗ The signing keys cannot be fetched: the JWKS is not JSON.
    -> open https://DOMAIN/.well-known/jwks.json: does something else answer in the tenant's place?
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "a key set that is refused": (
        answers(KEYS, {}, 503),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✗ The signing keys cannot be fetched: the response has status 503, not 200.
    -> open https://DOMAIN/.well-known/jwks.json: does something else answer in the tenant's place?
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "a key set in chunks that are none": (
        answers(KEYS, "no chunk\n", Transfer_Encoding="chunked"),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✗ The signing keys cannot be fetched: DOMAIN gives no answer.
    the cause is ValueError
    -> look for a firewall between, and whether this machine needs HTTPS_PROXY
✓ The clocks of this machine and the tenant are within 60 s.
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "this machine's clock is behind": (
        ahead(3600 * 3),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✗ The clock of this machine is 3 h behind the tenant's: new tokens are from the future.
    -> set it; look whether NTP runs
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "this machine's clock is ahead": (
        ahead(-600),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✗ The clock of this machine is 10 min ahead of the tenant's: tokens expire too early.
    -> set it; look whether NTP runs
✓ The audience "https://api.test" looks like the identifier of an API.
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "the audience is the tenant": (
        settings(AUTH0_AUDIENCE="https://tenant.eu.auth0.com/"),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✓ The clocks of this machine and the tenant are within 60 s.
✗ The audience "https://tenant.eu.auth0.com/" is an address of the tenant.
    -> set AUTH0_AUDIENCE to the Identifier under Applications > APIs
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "the audience is a client ID": (
        settings(AUTH0_AUDIENCE="a1B2" * 8),
        """\
✓ The name localhost resolves.
✓ TLS with DOMAIN is good.
✓ The discovery document is there, and its issuer is https://DOMAIN/.
✓ The JWKS has RS256 keys that the API can use:
    "KID", 2048 bits
✓ The clocks of this machine and the tenant are within 60 s.
✗ The audience "a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2" looks like the client ID of an application.
    -> set AUTH0_AUDIENCE to the Identifier under Applications > APIs
- No token was asked for: without AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET.
""",
    ),
    "an application without its secret": (
        environ(AUTH0_CHECK_CLIENT_ID="local-client"),
        WELL
        + """\
✗ No token was asked for: without AUTH0_CHECK_CLIENT_SECRET.
    -> set both
""",
    ),
    "a wrong secret": (
        answers_token({"error": "access_denied", "error_description": "Unauthorized"}, 401),
        WELL
        + """\
✗ The application gets no token for this audience.
    the tenant answers with 401, "access_denied", "Unauthorized"
    -> compare AUTH0_CHECK_CLIENT_ID and AUTH0_CHECK_CLIENT_SECRET with the application's Settings tab
""",
    ),
    "no API of this audience": (
        answers_token(
            {"error": "access_denied", "error_description": "Service not found: https://api.test"},
            403,
        ),
        WELL
        + """\
✗ The application gets no token for this audience.
    the tenant answers with 403, "access_denied", "Service not found: https://api.test"
    -> set AUTH0_AUDIENCE to the Identifier under Applications > APIs, letter by letter
""",
    ),
    "an application that is not authorized": (
        answers_token(
            {
                "error": "access_denied",
                "error_description": 'Client is not authorized to access "https://api.test".',
            },
            403,
        ),
        WELL
        + """\
✗ The application gets no token for this audience.
    the tenant answers with 403, "access_denied", "Client is not authorized to access \\"https://api.test\\"."
    -> authorize it on the API's Application Access tab (Machine to Machine Applications in older dashboards)
""",
    ),
    "an application of another kind": (
        answers_token(
            {
                "error": "unauthorized_client",
                "error_description": "Grant type 'client_credentials' not allowed for the client.",
            },
            403,
        ),
        WELL
        + """\
✗ The application gets no token for this audience.
    the tenant answers with 403, "unauthorized_client", "Grant type 'client_credentials' not allowed for the client."
    -> let it be a machine-to-machine application, with the grant Client Credentials
""",
    ),
    "too many requests": (
        answers_token({"error": "too_many_requests\x1b[31m"}, 429),
        WELL
        + """\
✗ The application gets no token for this audience.
    the tenant answers with 429, "too_many_requests\\u001b[31m"
    -> the tenant's words say why; Monitoring > Logs in the dashboard says more
""",
    ),
    "an answer that cannot be read": (
        answers_token("no gzip", Content_Encoding="gzip"),
        WELL
        + """\
✗ The application gets no token for this audience.
    the tenant answers with 200
    -> the tenant's words say why; Monitoring > Logs in the dashboard says more
""",
    ),
    "an answer in chunks that are none": (
        answers_token("no chunk\n", Transfer_Encoding="chunked"),
        WELL
        + """\
✗ No token can be requested: DOMAIN gives no answer.
    the cause is ValueError
    -> look for a firewall between, and whether this machine needs HTTPS_PROXY
""",
    ),
    "an opaque token": (
        gives(lambda _: "opaque"),
        WELL
        + """\
✓ The application gets a token for this audience.
✗ The API rejects it: The token is not a signed JWT of three segments. A client that requests no audience gets an opaque token: request the audience of this API.
    -> request the audience of this API; for an encrypted token, turn off encryption in Auth0
""",
    ),
    "a token signed with HS256": (
        gives(lambda tenant: tenant.signing_key.sign({"alg": "HS256"}, {})),
        WELL
        + """\
✓ The application gets a token for this audience.
✗ The API rejects it: The token must be signed with RS256.
    -> select RS256 on the API's Settings tab in Auth0
""",
    ),
    "a token with scopes and permissions": (
        gives(lambda tenant: tenant.token("read:b read:a", ["do:c"])),
        WELL
        + """\
✓ The application gets a token for this audience.
✓ The API accepts it.
    scopes: read:a read:b
    permissions: do:c
""",
    ),
}


@pytest.fixture
def scene(tenant: Tenant, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tenant, environ, monkeypatch)


def check(scene: Scene, charset: str = "utf-8", colour: bool = False) -> Result:
    app = create_app(scene.settings)
    return app.test_cli_runner(charset=charset).invoke(args=["auth0", "check"], color=colour)


def said(scene: Scene, output: str) -> str:
    """The output with what differs from run to run by its name."""
    output = output.replace(scene.settings["AUTH0_DOMAIN"], "DOMAIN")
    return output.replace(scene.tenant.signing_key.kid, "KID")


@pytest.mark.parametrize(("arrange", "expected"), CASES.values(), ids=CASES)
def test_all_that_is_found_out_is_said(scene: Scene, arrange: Arrange, expected: str) -> None:
    arrange(scene)

    result = check(scene)

    assert said(scene, result.output) == expected
    assert result.exit_code == (1 if "✗" in expected else 0)


def test_the_secret_goes_to_the_tenant_alone(scene: Scene) -> None:
    answers_token("", 307, Location=f"{scene.tenant.issuer}elsewhere")(scene)

    result = check(scene)

    assert scene.tenant.requests[TOKEN] == 1
    assert scene.tenant.requests["/elsewhere"] == 0
    assert SECRET not in result.output


def test_no_password_is_sent(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("default login someone password secret\n")
    scene.patch.setenv("NETRC", str(tmp_path / "netrc"))
    application(scene)
    sent = []
    scene.tenant.fault = lambda: sent.append(request.headers.get("Authorization"))

    check(scene)

    assert sent == [None] * 4  # discovery, keys, a token, and the keys by which the API judges it


def test_a_terminal_has_colours(scene: Scene) -> None:
    scene.settings["AUTH0_DOMAIN"] = "localhost:1"

    assert check(scene, colour=True).output.startswith("\x1b[32m✓\x1b[0m The name")
    assert "\x1b" not in check(scene).output


def test_where_there_are_no_ticks_there_is_ascii(scene: Scene) -> None:
    scene.settings["AUTH0_DOMAIN"] = "localhost:1"

    lines = check(scene, charset="ascii").output.splitlines()

    marks = [line.partition(" ")[0] for line in lines if line[0] != " "]
    assert marks == ["ok", "NO", "-", "ok"]


def test_what_the_api_logs_meanwhile_is_not_in_the_way(scene: Scene) -> None:
    application(scene)
    logging.disable(logging.NOTSET)

    assert "Fetched" not in check(scene).output
    assert logging.root.manager.disable == logging.NOTSET
