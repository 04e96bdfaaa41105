"""Calls the running API with tokens of your tenant. Only `make live` runs these tests.

Every GET endpoint without path variables must respond according to its access policy.
"""

import os
from functools import cache
from typing import Any

import pytest
import requests

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import AccessToken
from {{ cookiecutter.__package }}.auth.gate import policies
from {{ cookiecutter.__package }}.auth.policies import Access
from {{ cookiecutter.__package }}.config import read_dotenv

try:
    os.environ.update(read_dotenv(os.environ))
    APP = create_app()
except Exception as error:
    raise pytest.exit.Exception(f"Error: {error}") from None
API = os.environ.get("API") or f"http://127.0.0.1:{os.environ.get('PORT', '3010')}"
POLICIES = {
    rule.rule: policy
    for rule, method, policy in policies(APP)
    if method == "GET" and rule.arguments <= (rule.defaults or {}).keys()
}
SCOPES = " ".join({name: None for each in POLICIES.values() for name in each.scope.split()})
PROTECTED = [path for path, policy in POLICIES.items() if policy.access is Access.REQUIRED]


def send(method: str, url: str, **sent: Any) -> requests.Response:
    try:
        return requests.request(method, url, timeout=10, allow_redirects=False, **sent)
    except Exception as error:  # of any kind: its traceback could show a secret
        problem = f"{url} does not respond ({type(error).__name__})"
    pytest.fail(f"{problem}. Run the API ('make run'), or set API.", pytrace=False)


@cache
def get_token(client: str, scope: str) -> tuple[str, AccessToken]:
    client_id, secret = (os.environ.get(client + suffix) for suffix in ("_ID", "_SECRET"))
    if not (client_id and secret):
        pytest.skip(f"{client}_ID and {client}_SECRET are not set")
    body = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"}
    body |= {"audience": APP.config["AUTH0_AUDIENCE"]} | ({"scope": scope} if scope else {})
    response = send("POST", f"https://{APP.config['AUTH0_DOMAIN'][0]}/oauth/token", json=body)
    try:
        granted = response.json()
        token = str(granted["access_token"])
        return token, AccessToken({"scope": granted.get("scope", scope)}, "")
    except (ValueError, KeyError, TypeError, AttributeError):
        cause = f"check its secret, and its access to this API with the scopes {scope!r}"
    pytest.fail(f"{client} got {response.status_code}, no token: {cause}", pytrace=False)


def check(path: str, header: str | None, sent: str, status: int | None = None) -> None:
    """Call an endpoint, which must respond with this status or, without one, must grant access."""
    found = send("GET", API + path, headers={"Authorization": header}, stream=True).status_code
    granted = 200 <= found < 500 and found not in (401, 403)
    if found != status if status else not granted:
        pytest.fail(f"GET {path} {sent}: {found}, not {status or 'access'}", pytrace=False)


@pytest.fixture(scope="module", autouse=True)
def token() -> str:
    return get_token("CLIENT", SCOPES)[0]


@pytest.mark.parametrize("path", [path for path in POLICIES if path not in PROTECTED])
def test_open_endpoint_needs_no_token(path: str) -> None:
    check(path, None, "without a token")


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize("header", [None, "", "Bearer ", "Bearer no-jwt", "Bearer a b", "forged"])
def test_protected_endpoint_rejects(path: str, header: str | None, token: str) -> None:
    forged = f"Bearer {token.rpartition('.')[0]}.{'A' * 342}"
    check(path, forged if header == "forged" else header, f"with Authorization {header!r}", 401)


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(("client", "scope"), [("CLIENT", SCOPES), ("UNSCOPED_CLIENT", "")])
def test_scopes_grant_access(path: str, client: str, scope: str) -> None:
    token, scopes = get_token(client, scope)
    if any(each.kind != "scope" for each in POLICIES[path].requirements):
        pytest.skip(f"{path} requires more than scopes")
    met = all(each.is_met_by(scopes) for each in POLICIES[path].requirements)
    check(path, f"Bearer {token}", f"with a token of {client}", None if met else 403)
