"""The login of the stand-in tenant: authorization code flow with PKCE, as a browser uses it."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from local_auth0 import Tenant, login
from messages_api import create_app
from messages_api.auth import requires_auth, requires_scope

from ..support.api import AUDIENCE, Call, view_returning
from ..support.tenants import decode_claims, serve_trusted

pytestmark = pytest.mark.exhaustive

CALLBACK = "http://localhost:3010/docs/back"
VERIFIER = "a-verifier-of-the-43-characters-that-it-needs"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
PARAMETERS = {
    "response_type": "code",
    "client_id": "docs",
    "redirect_uri": CALLBACK,
    "scope": "openid offline_access read:messages write:messages",
    "state": "the state",
    "nonce": "the nonce",
    "audience": AUDIENCE,
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}
PARAMETERS_EXPECTED = (
    "Send client_id, response_type=code, code_challenge and code_challenge_method=S256"
)
CODE_REJECTED = "The code is used or unknown for this client_id, redirect_uri and code_verifier"
CHOSEN = {"user": "auth0|bob", "permission": "read:messages", "lasts": "86400", "action": "login"}

Change = dict[str, str | None]
Authorize = Callable[..., requests.Response]
Exchange = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def tenant(tenant_folder: Path) -> Iterator[Tenant]:
    """A tenant with a login, shared by all tests: no test changes it."""
    tenant = Tenant(tenant_folder, 0, AUDIENCE)
    login.init_tenant(tenant)
    with serve_trusted(tenant):
        yield tenant


@pytest.fixture(scope="module")
def client(tenant: Tenant) -> FlaskClient:
    """An API with an endpoint for any valid token, and one that requires a scope."""
    app = create_app({"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    app.add_url_rule("/private", "private", requires_auth(view_returning("private")))
    scoped = requires_scope("read:messages")(view_returning("scoped"))
    app.add_url_rule("/scoped", "scoped", scoped)
    return app.test_client()


@pytest.fixture
def authorize(tenant: Tenant) -> Authorize:
    """Gets the login page, `authorize(state=None)`, or submits its form, `authorize(CHOSEN)`."""

    def send(chosen: dict[str, str] | None = None, **change: str | None) -> requests.Response:
        method, url = "POST" if chosen else "GET", f"{tenant.issuer}authorize"
        parameters = PARAMETERS | change
        return requests.request(
            method, url, params=parameters, data=chosen, allow_redirects=False, timeout=5
        )

    return send


@pytest.fixture
def exchange(tenant: Tenant) -> Exchange:
    """Exchanges a code for tokens: `exchange(code, code_verifier="another")`."""

    def send(code: str, as_json: bool = False, **change: str | None) -> requests.Response:
        grant: Change = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": "docs",
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **change,
        }
        form, document = (None, grant) if as_json else (grant, None)
        return requests.post(f"{tenant.issuer}oauth/token", form, document, timeout=5)

    return send


def callback_parameters(response: requests.Response) -> dict[str, str]:
    """Return the parameters of the redirect to the client's callback."""
    assert response.status_code == 302
    callback, _, query = response.headers["Location"].partition("?")
    assert callback == CALLBACK
    return {name: value for name, (value,) in parse_qs(query, strict_parsing=True).items()}


def test_login_page_offers_users_and_requested_permissions(authorize: Authorize) -> None:
    page = authorize()

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for shown in ('value="auth0|ann"', 'value="read:messages"', CALLBACK, AUDIENCE):
        assert shown in page.text
    assert "offline_access" not in page.text


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "form"])
def test_login_yields_a_token_that_the_api_accepts(
    authorize: Authorize, exchange: Exchange, call: Call, as_json: bool
) -> None:
    code = callback_parameters(authorize(CHOSEN))["code"]

    response = exchange(code, as_json)

    assert response.headers["Cache-Control"] == "no-store"
    token = response.json()["access_token"]
    assert response.json() == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 86400,
        "scope": "openid read:messages",
        "id_token": response.json()["id_token"],
    }
    assert call("/private", token).status_code == 200
    assert call("/scoped", token).status_code == 200


def test_login_yields_the_claims_of_every_token(
    tenant: Tenant, authorize: Authorize, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant, "claims", {"https://example.com/roles": ["admin"]})

    tokens = exchange(callback_parameters(authorize(CHOSEN))["code"]).json()

    for name in ("access_token", "id_token"):
        assert decode_claims(tokens[name])["https://example.com/roles"] == ["admin"]


def test_access_token_has_the_claims_of_auth0(
    tenant: Tenant, authorize: Authorize, exchange: Exchange
) -> None:
    claims = decode_claims(
        exchange(callback_parameters(authorize(CHOSEN))["code"]).json()["access_token"]
    )

    assert claims == {
        "iss": tenant.issuer,
        "sub": "auth0|bob",
        "aud": [AUDIENCE, f"{tenant.issuer}userinfo"],
        "iat": claims["iat"],
        "exp": claims["exp"],
        "azp": "docs",
        "scope": "openid read:messages",
        "permissions": ["read:messages"],
    }


@pytest.mark.parametrize("permission", ["", "delete:messages"], ids=["none", "not requested"])
def test_token_has_only_scopes_that_the_user_granted(
    authorize: Authorize, exchange: Exchange, call: Call, permission: str
) -> None:
    code = callback_parameters(authorize(CHOSEN | {"permission": permission}))["code"]

    response = exchange(code).json()

    assert response["scope"] == "openid"
    assert decode_claims(response["access_token"])["permissions"] == []
    assert call("/private", response["access_token"]).status_code == 200
    assert call("/scoped", response["access_token"]).status_code == 403


def test_token_expires_after_the_chosen_time(authorize: Authorize, exchange: Exchange) -> None:
    response = exchange(callback_parameters(authorize(CHOSEN | {"lasts": "10"}))["code"]).json()

    claims = decode_claims(response["access_token"])
    assert response["expires_in"] == 10
    assert claims["exp"] == int(str(claims["iat"])) + 10


def test_id_token_is_for_the_client_and_rejected_by_the_api(
    tenant: Tenant, authorize: Authorize, exchange: Exchange, call: Call
) -> None:
    token = exchange(callback_parameters(authorize(CHOSEN))["code"]).json()["id_token"]

    claims = decode_claims(token)
    assert claims == {
        "iss": tenant.issuer,
        "sub": "auth0|bob",
        "aud": "docs",
        "iat": claims["iat"],
        "exp": claims["exp"],
        "nonce": "the nonce",
    }
    assert call("/private", token).get_json()["code"] == "invalid_audience"


def test_login_without_openid_scope_yields_no_id_token(
    authorize: Authorize, exchange: Exchange
) -> None:
    code = callback_parameters(authorize(CHOSEN, scope="read:messages"))["code"]

    assert "id_token" not in exchange(code).json()


def test_login_without_audience_yields_an_opaque_token(
    authorize: Authorize, exchange: Exchange, call: Call
) -> None:
    response = exchange(callback_parameters(authorize(CHOSEN, audience=None))["code"]).json()

    assert response["scope"] == "openid"
    assert call("/private", response["access_token"]).get_json()["code"] == "invalid_header"


def test_denied_login_redirects_with_access_denied(authorize: Authorize) -> None:
    assert callback_parameters(authorize(CHOSEN | {"action": "refuse"})) == {
        "error": "access_denied",
        "error_description": "User did not authorize the request",
        "state": "the state",
    }


@pytest.mark.parametrize(
    ("change", "error", "description"),
    [
        ({"client_id": None}, "invalid_request", PARAMETERS_EXPECTED),
        ({"response_type": None}, "invalid_request", PARAMETERS_EXPECTED),
        ({"response_type": "token"}, "invalid_request", PARAMETERS_EXPECTED),
        ({"code_challenge": None}, "invalid_request", PARAMETERS_EXPECTED),
        ({"code_challenge_method": None}, "invalid_request", PARAMETERS_EXPECTED),
        ({"code_challenge_method": "plain"}, "invalid_request", PARAMETERS_EXPECTED),
        ({"audience": "urn:other"}, "access_denied", "Service not found: urn:other"),
        ({"prompt": "none"}, "login_required", "Login required"),
    ],
    ids=[
        "no client_id",
        "no response_type",
        "response_type token",
        "no code_challenge",
        "no code_challenge_method",
        "code_challenge_method plain",
        "other audience",
        "prompt none",
    ],
)
def test_invalid_authorization_request_redirects_with_an_error(
    authorize: Authorize, change: Change, error: str, description: str
) -> None:
    expected = {"error": error, "error_description": description, "state": "the state"}
    assert callback_parameters(authorize(**change)) == expected


@pytest.mark.parametrize(
    "callback",
    [
        None,
        "",
        "/docs/back",
        "//localhost/docs/back",
        "javascript:alert(1)",
        "app://localhost/",
        "https://evil.test/",
        "http://localhost.evil.test/",
        "http://localhost@evil.test/",
        "http://localhost:3010@evil.test/",
        "http://evil.test\\@localhost/",
        "http://localhost\\.evil.test/",
        "http://localhost\n.evil.test/",
        "http://localhost:3010/docs/back#fragment",
        "http://localhost:3010/docs/back\r\nSet-Cookie: a=b",
        "http://127.0.0.1.evil.test/",
        "http://127.0.0.2/",
        "http://127x0.0.1/",
    ],
)
def test_callback_on_another_machine_is_rejected(
    authorize: Authorize, callback: str | None
) -> None:
    response = authorize(redirect_uri=callback)

    assert response.status_code == 400
    assert "Callback URL mismatch" in response.text
    assert "Location" not in response.headers


def test_submitted_login_form_is_validated_too(authorize: Authorize) -> None:
    assert authorize(CHOSEN, redirect_uri="https://evil.test/").status_code == 400
    assert callback_parameters(authorize(CHOSEN, audience="urn:other"))["error"] == "access_denied"


@pytest.mark.parametrize(
    "callback", ["http://127.0.0.1:8000/", "https://localhost", "http://localhost:3000?page=1"]
)
def test_local_callback_may_have_any_port_and_path(authorize: Authorize, callback: str) -> None:
    location = authorize(CHOSEN, redirect_uri=callback).headers["Location"]

    assert location.startswith(f"{callback}{'&' if '?' in callback else '?'}code=")
    assert parse_qs(urlsplit(location).query)["state"] == ["the state"]


@pytest.mark.parametrize("state", ["a+b c&d=e%20#f/?", '"><script>', "ü€😀", "VGh1=="])
@pytest.mark.parametrize("action", ["login", "refuse"])
def test_state_is_returned_unchanged(authorize: Authorize, state: str, action: str) -> None:
    assert (
        callback_parameters(authorize(CHOSEN | {"action": action}, state=state))["state"] == state
    )


def test_space_in_the_callback_is_percent_encoded(authorize: Authorize) -> None:
    """Swagger UI would display a plus sign."""
    location = authorize(CHOSEN | {"action": "refuse"}).headers["Location"]

    assert "error_description=User%20did%20not%20authorize%20the%20request" in location


def test_login_without_state_returns_only_the_code(authorize: Authorize) -> None:
    assert list(callback_parameters(authorize(CHOSEN, state=None))) == ["code"]


@pytest.mark.parametrize(
    "change",
    [
        {"code": "made up"},
        {"code": None},
        {"client_id": "another"},
        {"client_id": None},
        {"code_verifier": VERIFIER + "!"},
        {"code_verifier": "\ud800"},
        {"code_verifier": None},
        {"redirect_uri": "http://localhost:3010/"},
    ],
    ids=[
        "unknown code",
        "no code",
        "other client_id",
        "no client_id",
        "wrong code_verifier",
        "surrogate in code_verifier",
        "no code_verifier",
        "other redirect_uri",
    ],
)
def test_code_requires_its_own_client_callback_and_verifier(
    authorize: Authorize, exchange: Exchange, change: Change
) -> None:
    code = callback_parameters(authorize(CHOSEN))["code"]

    response = exchange(as_json=True, **{"code": code, **change})

    assert response.status_code == 403
    assert response.json() == {"error": "invalid_grant", "error_description": CODE_REJECTED}


def test_challenge_is_not_accepted_as_verifier(authorize: Authorize, exchange: Exchange) -> None:
    code = callback_parameters(authorize(CHOSEN))["code"]

    assert exchange(code, code_verifier=CHALLENGE.decode()).status_code == 403


def test_code_with_an_invalid_challenge_is_rejected(
    authorize: Authorize, exchange: Exchange
) -> None:
    code = callback_parameters(authorize(CHOSEN, code_challenge="ü"))["code"]

    assert exchange(code).json()["error_description"] == CODE_REJECTED


@pytest.mark.parametrize(
    "verifier", [VERIFIER, "a wrong one"], ids=["successfully", "with a wrong verifier"]
)
def test_code_cannot_be_used_twice(authorize: Authorize, exchange: Exchange, verifier: str) -> None:
    code = callback_parameters(authorize(CHOSEN))["code"]
    exchange(code, code_verifier=verifier)

    second = exchange(code)

    assert second.status_code == 403
    assert second.json()["error_description"] == CODE_REJECTED


def test_only_the_last_hundred_codes_are_kept(authorize: Authorize, exchange: Exchange) -> None:
    first = callback_parameters(authorize(CHOSEN))["code"]
    for _ in range(100):
        last = callback_parameters(authorize(CHOSEN))["code"]

    assert exchange(first).json()["error_description"] == CODE_REJECTED
    assert exchange(last).status_code == 200


@pytest.mark.parametrize("name", ["client_id", "scope", "redirect_uri", "audience", "state"])
def test_login_page_escapes_the_request_parameters(authorize: Authorize, name: str) -> None:
    prefix = f"{CALLBACK}?" if name == "redirect_uri" else ""

    page = authorize(**{name: f'{prefix}"><script>alert(1)</script>'})

    assert "<script" not in page.text


def test_login_page_allows_neither_scripts_nor_framing(authorize: Authorize) -> None:
    page = authorize()

    policy = page.headers["Content-Security-Policy"]
    nonce = page.text.partition('<style nonce="')[2].partition('"')[0]
    assert f"default-src 'none'; style-src 'nonce-{nonce}';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://localhost:* http://127.0.0.1:*" in policy
    assert "script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert nonce not in authorize().text


PATHS = ["oauth/token", ".well-known/openid-configuration", ".well-known/jwks.json"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3010", True),
        ("https://127.0.0.1", True),
        ("https://evil.test", False),
        ("http://localhost.evil.test", False),
        ("null", False),
    ],
)
def test_cors_allows_only_local_origins(
    tenant: Tenant, path: str, origin: str, allowed: bool
) -> None:
    method = "POST" if path == "oauth/token" else "GET"
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,x-requested-with",
    }

    preflight = requests.options(tenant.issuer + path, headers=headers, timeout=5)
    response = requests.request(method, tenant.issuer + path, headers=headers, timeout=5)

    for received in (preflight, response):
        assert received.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        assert received.headers.get("Vary") == ("Origin" if allowed else None)
    sent = preflight.headers.get("Access-Control-Allow-Headers")
    assert sent == ("content-type, x-requested-with" if allowed else None)


def test_login_page_is_not_readable_cross_origin(tenant: Tenant) -> None:
    page = requests.get(
        f"{tenant.issuer}authorize", params=PARAMETERS, headers={"Origin": CALLBACK[:21]}, timeout=5
    )

    assert page.status_code == 200
    assert "Access-Control-Allow-Origin" not in page.headers


def test_discovery_document_has_the_login_endpoint(tenant: Tenant) -> None:
    discovery = requests.get(f"{tenant.issuer}.well-known/openid-configuration", timeout=5).json()

    assert discovery["authorization_endpoint"] == f"{tenant.issuer}authorize"
