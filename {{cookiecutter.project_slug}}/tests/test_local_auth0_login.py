"""The stand-in tenant's login: authorization code with PKCE, the way that a browser takes it."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from .conftest import AUDIENCE, Call, trusted_tenant
from local_auth0 import Tenant, login

CALLBACK = "http://localhost:3010/docs/back"
VERIFIER = "a-verifier-of-the-43-characters-that-it-needs"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
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
CHOSEN = {"user": "auth0|bob", "permission": "read:messages", "lasts": "86400", "action": "login"}

Change = dict[str, str | None]
Authorize = Callable[..., requests.Response]
Exchange = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def tenant(tenant_folder: Path) -> Iterator[Tenant]:
    """One tenant for all of them: logins leave no trace."""
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture
def authorize(tenant: Tenant) -> Authorize:
    """Open the page: `authorize(state=None)`. With choices, send its form: `authorize(CHOSEN)`."""

    def send(chosen: dict[str, str] | None = None, **change: str | None) -> requests.Response:
        method, url = "POST" if chosen else "GET", f"{tenant.issuer}authorize"
        asked = ASKED | change
        return requests.request(
            method, url, params=asked, data=chosen, allow_redirects=False, timeout=5
        )

    return send


@pytest.fixture
def exchange(tenant: Tenant) -> Exchange:
    """Exchange a code: `exchange(code, code_verifier="another")`, with `as_json` as JSON."""

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


def told(response: requests.Response) -> dict[str, str]:
    """What the client is told at its callback."""
    assert response.status_code == 302
    callback, _, query = response.headers["Location"].partition("?")
    assert callback == CALLBACK
    return {name: value for name, (value,) in parse_qs(query, strict_parsing=True).items()}


def claims_of(token: str) -> dict[str, object]:
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def test_the_page_lets_choose_the_user_and_what_to_grant(authorize: Authorize) -> None:
    page = authorize()

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for shown in ('value="auth0|ann"', 'value="read:messages"', CALLBACK, AUDIENCE):
        assert shown in page.text
    assert "offline_access" not in page.text


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "a form"])
def test_a_login_ends_in_a_token_that_the_api_takes(
    authorize: Authorize, exchange: Exchange, call: Call, as_json: bool
) -> None:
    code = told(authorize(CHOSEN))["code"]

    answer = exchange(code, as_json)

    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json()["access_token"]
    assert answer.json() == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 86400,
        "scope": "openid read:messages",
        "id_token": answer.json()["id_token"],
    }
    assert call("/api/private", token).status_code == 200
    assert call("/api/private-scoped", token).status_code == 200


def test_the_token_has_the_claims_of_auth0(
    tenant: Tenant, authorize: Authorize, exchange: Exchange
) -> None:
    claims = claims_of(exchange(told(authorize(CHOSEN))["code"]).json()["access_token"])

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


@pytest.mark.parametrize("permission", ["", "delete:messages"], ids=["none", "not asked for"])
def test_what_is_not_granted_stays_closed(
    authorize: Authorize, exchange: Exchange, call: Call, permission: str
) -> None:
    code = told(authorize(CHOSEN | {"permission": permission}))["code"]

    answer = exchange(code).json()

    assert answer["scope"] == "openid"
    assert claims_of(answer["access_token"])["permissions"] == []
    assert call("/api/private", answer["access_token"]).status_code == 200
    assert call("/api/private-scoped", answer["access_token"]).status_code == 403


def test_the_token_lasts_as_long_as_was_chosen(authorize: Authorize, exchange: Exchange) -> None:
    answer = exchange(told(authorize(CHOSEN | {"lasts": "10"}))["code"]).json()

    claims = claims_of(answer["access_token"])
    assert answer["expires_in"] == 10
    assert claims["exp"] == int(str(claims["iat"])) + 10


def test_the_id_token_is_for_the_client_and_not_for_the_api(
    tenant: Tenant, authorize: Authorize, exchange: Exchange, call: Call
) -> None:
    token = exchange(told(authorize(CHOSEN))["code"]).json()["id_token"]

    claims = claims_of(token)
    assert claims == {
        "iss": tenant.issuer,
        "sub": "auth0|bob",
        "aud": "docs",
        "iat": claims["iat"],
        "exp": claims["exp"],
        "nonce": "the nonce",
    }
    assert call("/api/private", token).get_json()["code"] == "invalid_audience"


def test_who_does_not_ask_for_openid_gets_no_id_token(
    authorize: Authorize, exchange: Exchange
) -> None:
    code = told(authorize(CHOSEN, scope="read:messages"))["code"]

    assert "id_token" not in exchange(code).json()


def test_who_asks_for_no_audience_gets_a_token_that_no_api_can_read(
    authorize: Authorize, exchange: Exchange, call: Call
) -> None:
    answer = exchange(told(authorize(CHOSEN, audience=None))["code"]).json()

    assert answer["scope"] == "openid"
    assert call("/api/private", answer["access_token"]).get_json()["code"] == "invalid_header"


def test_a_user_can_refuse(authorize: Authorize) -> None:
    assert told(authorize(CHOSEN | {"action": "refuse"})) == {
        "error": "access_denied",
        "error_description": "User did not authorize the request",
        "state": "the state",
    }


@pytest.mark.parametrize(
    ("change", "error", "about"),
    [
        ({"client_id": None}, "invalid_request", "Missing required parameter: client_id"),
        ({"response_type": None}, "invalid_request", "Missing required parameter: response_type"),
        (
            {"response_type": "token"},
            "unsupported_response_type",
            "Unsupported response type: token",
        ),
        ({"code_challenge": None}, "invalid_request", "Missing required parameter: code_challenge"),
        (
            {"code_challenge_method": None},
            "invalid_request",
            "Missing required parameter: code_challenge_method",
        ),
        (
            {"code_challenge_method": "plain"},
            "invalid_request",
            "code_challenge_method must be S256",
        ),
        ({"audience": "urn:other"}, "access_denied", "Service not found: urn:other"),
        ({"prompt": "none"}, "login_required", "Login required"),
    ],
)
def test_a_client_is_told_what_it_asked_wrongly(
    authorize: Authorize, change: Change, error: str, about: str
) -> None:
    expected = {"error": error, "error_description": about, "state": "the state"}
    assert told(authorize(**change)) == expected


@pytest.mark.parametrize(
    "elsewhere",
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
def test_nobody_is_sent_off_this_machine(authorize: Authorize, elsewhere: str | None) -> None:
    answer = authorize(redirect_uri=elsewhere)

    assert answer.status_code == 400
    assert "Callback URL mismatch" in answer.text
    assert "Location" not in answer.headers


def test_the_form_is_held_to_the_same_as_the_page(authorize: Authorize) -> None:
    assert authorize(CHOSEN, redirect_uri="https://evil.test/").status_code == 400
    assert told(authorize(CHOSEN, audience="urn:other"))["error"] == "access_denied"


@pytest.mark.parametrize(
    "callback", ["http://127.0.0.1:8000/", "https://localhost", "http://localhost:3000?page=1"]
)
def test_a_callback_on_this_machine_may_have_any_port_and_path(
    authorize: Authorize, callback: str
) -> None:
    location = authorize(CHOSEN, redirect_uri=callback).headers["Location"]

    assert location.startswith(f"{callback}{'&' if '?' in callback else '?'}code=")
    assert parse_qs(urlsplit(location).query)["state"] == ["the state"]


@pytest.mark.parametrize("state", ["a+b c&d=e%20#f/?", '"><script>', "ü€😀", "VGh1=="])
@pytest.mark.parametrize("action", ["login", "refuse"])
def test_the_state_comes_back_as_it_was(authorize: Authorize, state: str, action: str) -> None:
    assert told(authorize(CHOSEN | {"action": action}, state=state))["state"] == state


def test_a_space_does_not_come_back_as_a_plus(authorize: Authorize) -> None:
    """Swagger UI, for one, would show the plus."""
    location = authorize(CHOSEN | {"action": "refuse"}).headers["Location"]

    assert "error_description=User%20did%20not%20authorize%20the%20request" in location


def test_who_gave_no_state_gets_none(authorize: Authorize) -> None:
    assert list(told(authorize(CHOSEN, state=None))) == ["code"]


@pytest.mark.parametrize(
    ("change", "error", "about"),
    [
        ({"code": "made up"}, "invalid_grant", "Invalid authorization code"),
        ({"code": None}, "invalid_grant", "Invalid authorization code"),
        ({"client_id": "another"}, "invalid_grant", "Invalid authorization code"),
        ({"client_id": None}, "invalid_grant", "Invalid authorization code"),
        ({"code_verifier": VERIFIER + "!"}, "invalid_grant", "Failed to verify code verifier"),
        ({"code_verifier": "\ud800"}, "invalid_grant", "Failed to verify code verifier"),
        ({"code_verifier": None}, "invalid_grant", "Failed to verify code verifier"),
        (
            {"redirect_uri": "http://localhost:3010/"},
            "unauthorized_client",
            "The redirect URI is wrong. You sent http://localhost:3010/, and we expected "
            + CALLBACK,
        ),
    ],
    ids=str,
)
def test_a_code_is_good_for_its_client_callback_and_verifier_alone(
    authorize: Authorize, exchange: Exchange, change: Change, error: str, about: str
) -> None:
    code = told(authorize(CHOSEN))["code"]

    answer = exchange(as_json=True, **{"code": code, **change})

    assert answer.status_code == 403
    assert answer.json() == {"error": error, "error_description": about}


def test_the_challenge_itself_is_no_verifier(authorize: Authorize, exchange: Exchange) -> None:
    code = told(authorize(CHOSEN))["code"]

    assert exchange(code, code_verifier=CHALLENGE.decode()).status_code == 403


def test_a_challenge_that_is_none_fails_like_a_wrong_one(
    authorize: Authorize, exchange: Exchange
) -> None:
    code = told(authorize(CHOSEN, code_challenge="ü"))["code"]

    assert exchange(code).json()["error_description"] == "Failed to verify code verifier"


@pytest.mark.parametrize("verifier", [VERIFIER, "a wrong one"], ids=["well", "in vain"])
def test_a_code_that_was_tried_is_used_up(
    authorize: Authorize, exchange: Exchange, verifier: str
) -> None:
    code = told(authorize(CHOSEN))["code"]
    exchange(code, code_verifier=verifier)

    again = exchange(code)

    assert again.status_code == 403
    assert again.json()["error_description"] == "Invalid authorization code"


def test_a_code_that_was_left_lying_is_good_for_nothing(
    monkeypatch: pytest.MonkeyPatch, authorize: Authorize, exchange: Exchange
) -> None:
    monkeypatch.setattr(login, "CODE_LASTS", 0)
    code = told(authorize(CHOSEN))["code"]

    assert exchange(code).json()["error_description"] == "Invalid authorization code"


@pytest.mark.parametrize("name", ["client_id", "scope", "redirect_uri", "audience", "state"])
def test_what_a_client_asks_for_is_text_to_the_page(authorize: Authorize, name: str) -> None:
    hostile = f"{CALLBACK}?" if name == "redirect_uri" else ""

    page = authorize(**{name: f'{hostile}"><script>alert(1)</script>'})

    assert "<script" not in page.text


def test_the_page_runs_no_script_and_stands_in_no_frame(authorize: Authorize) -> None:
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
def test_pages_of_this_machine_may_ask_and_no_others(
    tenant: Tenant, path: str, origin: str, allowed: bool
) -> None:
    ask = {"Origin": origin, "Access-Control-Request-Headers": "content-type,x-requested-with"}

    preflight = requests.options(tenant.issuer + path, headers=ask, timeout=5)
    answer = requests.request(
        "POST" if path == "oauth/token" else "GET", tenant.issuer + path, headers=ask, timeout=5
    )

    for response in (preflight, answer):
        assert response.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        assert response.headers["Vary"] == "Origin"
    assert preflight.headers.get("Access-Control-Allow-Headers") == ("*" if allowed else None)


def test_no_other_page_may_read_the_login_page(tenant: Tenant) -> None:
    page = requests.get(
        f"{tenant.issuer}authorize", params=ASKED, headers={"Origin": CALLBACK[:21]}, timeout=5
    )

    assert page.status_code == 200
    assert "Access-Control-Allow-Origin" not in page.headers


def test_the_discovery_document_leads_to_the_login(tenant: Tenant) -> None:
    discovery = requests.get(f"{tenant.issuer}.well-known/openid-configuration", timeout=5).json()

    assert discovery["authorization_endpoint"] == f"{tenant.issuer}authorize"
    assert discovery["code_challenge_methods_supported"] == ["S256"]
