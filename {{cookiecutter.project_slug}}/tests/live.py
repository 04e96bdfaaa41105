"""The API beside the real tenant: the contract that Auth0 publishes for its quickstart.

`make live` runs it, `make test` does not. The API has to run, with the settings that are in .env or
in the environment; `API` says where, if not at the usual port. An application of the tenant asks
for the tokens, by the client credentials grant.
"""

import os

import pytest
import requests
from dotenv import dotenv_values

from {{ cookiecutter.__package }}.config import load_settings

API = os.environ.get("API") or f"http://localhost:{os.environ.get('PORT', '3010')}"
PRIVATE = ("/api/private", "/api/private-scoped")
NO_TOKEN = {
    "blank": "",
    "no token": "Bearer ",
    "no JWT": "Bearer invalidToken",
    "two tokens": "Bearer invalidToken abc",
}


def token(client: str, may: str, **asked: str) -> str:
    """Get a token of the tenant, for the application whose credentials two variables hold."""
    names = (f"{client}_ID", f"{client}_SECRET")
    client_id, client_secret = (os.environ.get(name, "") for name in names)
    if not (client_id and client_secret):
        pytest.skip(f"{' and '.join(names)} are not set: of an application that {may}")
    in_file = {name: value for name, value in dotenv_values().items() if value is not None}
    settings = load_settings({**in_file, **os.environ})
    answer = requests.post(
        f"https://{settings['AUTH0_DOMAIN']}/oauth/token",
        json={
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "audience": settings["AUTH0_AUDIENCE"],
            **asked,
        },
        timeout=10,
    )
    assert answer.status_code == 200, f"the tenant gives no token: {answer.text}"
    return str(answer.json()["access_token"])


def status(path: str, authorization: str | None = None) -> int:
    """Call the API, and return what it answers with."""
    headers = {} if authorization is None else {"Authorization": authorization}
    try:
        return requests.get(f"{API}{path}", headers=headers, timeout=10).status_code
    except requests.ConnectionError:
        pytest.fail(f"Nothing answers at {API}: 'make run' elsewhere, or set API", pytrace=False)


@pytest.fixture(scope="module")
def read_messages() -> str:
    """A token with the scope `read:messages`."""
    return token("CLIENT", "may ask for read:messages", scope="read:messages")


@pytest.fixture(scope="module")
def without_scope() -> str:
    """A token of an application that is authorized for the API, and has no permission there."""
    return token("UNSCOPED_CLIENT", "is authorized for this API without a permission")


@pytest.fixture(autouse=True)
def only_with_a_tenant(read_messages: str) -> None:
    """Nothing here says anything about an API whose tenant is not there."""


def test_anyone_may_call_what_is_public() -> None:
    assert status("/api/public") == 200


@pytest.mark.parametrize("path", PRIVATE)
def test_without_a_header_nobody_is_let_in(path: str) -> None:
    assert status(path) == 401


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("header", NO_TOKEN.values(), ids=NO_TOKEN)
def test_a_header_without_a_token_lets_nobody_in(path: str, header: str) -> None:
    assert status(path, header) == 401


@pytest.mark.parametrize("path", PRIVATE)
def test_a_bad_signature_lets_nobody_in(path: str, read_messages: str) -> None:
    signed, _, signature = read_messages.rpartition(".")
    other = "A" if signature[0] != "A" else "B"

    assert status(path, f"Bearer {signed}.{other}{signature[1:]}") == 401


@pytest.mark.parametrize("path", PRIVATE)
def test_a_token_with_the_scope_is_let_in(path: str, read_messages: str) -> None:
    assert status(path, f"Bearer {read_messages}") == 200


def test_a_token_without_a_scope_is_let_in_where_none_is_demanded(without_scope: str) -> None:
    assert status("/api/private", f"Bearer {without_scope}") == 200
    assert status("/api/private-scoped", f"Bearer {without_scope}") == 403
