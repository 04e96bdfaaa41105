"""With DPoP allowed, plain bearer tokens get the same responses as without the feature."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ...support.api import AUDIENCE
from ...support.dpop.expected import read_challenges
from ...support.dpop.proofs import PUBLIC_URL
from ...support.hostile import GROUPS
from ...support.hostile.case import PERMITTED, PRIVATE, SCOPED, Case, Keys, serve_keys
from ...support.hostile.expected import SENDER_CONSTRAINED

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def keys(tenant_folder: Path) -> Iterator[Keys]:
    with serve_keys(tenant_folder) as keys:
        yield keys


@pytest.fixture(scope="module")
def apps(package: Any, keys: Keys) -> dict[str, Flask]:
    """By mode: the app with the endpoints that the cases call."""
    auth, apps = package.auth, {}
    required = {
        PRIVATE: auth.requires_auth,
        SCOPED: auth.requires_scope("read:messages"),
        PERMITTED: auth.requires_permission("read:messages"),
    }
    for mode in ("allowed", "required"):
        environ = {"AUTH0_DOMAIN": keys.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}
        app = package.create_app(environ | {"PUBLIC_URL": f"{PUBLIC_URL}/v1", "DPOP": mode})
        for path, decorate in required.items():
            view = decorate(lambda: {"sub": auth.current_token.subject})
            app.add_url_rule(path, path, view)
        apps[mode] = app
    return apps


def cases(group: str) -> list[Case]:
    """Return the cases without those about sender-constrained tokens."""
    return [
        case
        for case in GROUPS[group]
        if case.expected is not SENDER_CONSTRAINED and case.name != "DPoP"
    ]


def call(app: Flask, case: Case, keys: Keys) -> TestResponse:
    return app.test_client().get(case.path, environ_overrides=case.build(keys))


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "cnf"])
def test_plain_token_gets_the_expected_response(
    apps: dict[str, Flask], keys: Keys, group: str
) -> None:
    for case in cases(group):
        response = call(apps["allowed"], case, keys)

        expected, challenges = case.expected, response.headers.getlist("WWW-Authenticate")
        body = response.json or {}
        assert (response.status_code, body.get("code", "")) == (expected.status, expected.code), (
            case.name
        )
        if expected.challenge:
            assert body["description"] == expected.description
            assert challenges[0].startswith(expected.challenge)
            others = [each["scheme"] for each in read_challenges(response.headers)[1:]]
            assert others == ["dpop"]


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "cnf"])
def test_plain_token_is_never_accepted_if_dpop_is_required(
    apps: dict[str, Flask], keys: Keys, group: str
) -> None:
    for case in cases(group):
        response = call(apps["required"], case, keys)

        code = (response.json or {})["code"]
        assert response.status_code == 401, case.name
        assert code in ("authorization_header_missing", "invalid_header"), case.name
        assert [each["scheme"] for each in read_challenges(response.headers)] == ["dpop"]
