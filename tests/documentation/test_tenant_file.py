"""auth0/tenant.yaml of the rendered project: its scopes, and the callbacks of the docs UI."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from flask import Flask, url_for
from messages_api import create_app
from messages_api.auth.gate import policies


@pytest.fixture
def tenant_file(api_folder: Path) -> dict[str, Any]:
    text = (api_folder / "auth0" / "tenant.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def test_file_defines_only_scopes_that_policies_require(
    app: Flask, tenant_file: dict[str, Any]
) -> None:
    (api,) = tenant_file["resourceServers"]
    required = {
        str(value)
        for _, _, policy in policies(app)
        for requirement in policy.requirements
        for value in requirement.values
        if requirement.kind != "claim"
    }

    assert {scope["value"] for scope in api["scopes"]} == required
    for grant in tenant_file["clientGrants"]:
        assert {*grant.get("scope", ())} <= required


def test_callbacks_match_the_docs_ui(environ: dict[str, str], tenant_file: dict[str, Any]) -> None:
    app = create_app(environ | {"API_DOCS": "1"})
    with app.test_request_context():
        expected = url_for("docs_ui.file", name="oauth2-redirect.html")

    logins = [client for client in tenant_file["clients"] if client.get("callbacks")]
    assert len(logins) == 1
    for client in logins:
        callbacks = [urlsplit(url) for url in client["callbacks"]]
        assert {callback.path for callback in callbacks} == {expected}
        origins = {f"{url.scheme}://{url.netloc}" for url in callbacks}
        assert {*client["web_origins"]} == origins
