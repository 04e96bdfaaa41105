"""auth0/tenant.yaml against the code: the audience, and the scopes that the policies require."""

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth.gate import policies
from {{ cookiecutter.__package }}.config import DEFAULTS

FILE = Path(__file__).parent.parent / "auth0" / "tenant.yaml"
ENVIRON = {"AUTH0_DOMAIN": "tenant.example", "AUTH0_AUDIENCE": "https://api.test"}

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    # pre-commit has PyYAML installed even where the API itself needs neither it nor its types.
    document: Document = import_module("yaml").safe_load(FILE.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def api(document: Document) -> Document:
    """The one API that the file defines."""
    (api,) = document["resourceServers"]
    return dict(api)


def required() -> set[str]:
    """The scopes and permissions of all access policies."""
    return {
        str(value)
        for _, _, policy in policies(create_app(ENVIRON))
        for requirement in policy.requirements
        for value in requirement.values
        if requirement.kind != "claim"
    }


def test_the_file_defines_the_scopes_that_the_policies_require(api: Document) -> None:
    assert {scope["value"] for scope in api["scopes"]} == required(), "edit auth0/tenant.yaml"
    assert all(scope["description"] for scope in api["scopes"])


def test_the_identifier_is_the_audience_of_the_settings(api: Document) -> None:
    assert api["identifier"] == DEFAULTS["AUTH0_AUDIENCE"]


def test_tokens_are_such_as_the_api_takes(api: Document) -> None:
    assert api["signing_alg"] == "RS256"
    assert api["enforce_policies"] is True
    assert api["token_dialect"].endswith("_authz")


def test_a_grant_is_of_an_application_of_the_file_for_scopes_of_the_api(
    document: Document, api: Document
) -> None:
    for grant in document["clientGrants"]:
        assert grant["client_id"] in [client["name"] for client in document["clients"]]
        assert grant["audience"] == api["identifier"]
        assert set(grant["scope"]) <= required()


def test_whoever_logs_in_at_the_docs_page_comes_back_to_it(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")  # in which the page needs no setting to be on
    browser = create_app(ENVIRON).test_client()

    for client in document["clients"]:
        callbacks = [urlsplit(url) for url in client.get("callbacks", [])]
        for callback in callbacks:
            assert browser.get(callback.path, buffered=True).status_code == 200
        origins = {f"{url.scheme}://{url.netloc}" for url in callbacks}
        assert set(client.get("web_origins", [])) == origins
