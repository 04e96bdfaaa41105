"""The API against the hostile corpus: each request gets exactly the expected response."""

import re

import pytest
from flask.testing import FlaskClient
from messages_api import create_app
from werkzeug.test import TestResponse

from ..support.api import AUDIENCE
from ..support.hostile import GROUPS
from ..support.hostile.case import SCOPED, Case, Environ, Keys, add_case_endpoints

pytestmark = pytest.mark.exhaustive

CASES = [(f"{group}: {case.name}", case) for group, cases in GROUPS.items() for case in cases]

LEAK = 12
"""A response must not repeat this many consecutive characters of a token."""


@pytest.fixture(scope="module")
def client(hostile_keys: Keys) -> FlaskClient:
    app = create_app({"AUTH0_DOMAIN": hostile_keys.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    add_case_endpoints(app)
    return app.test_client()


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_hostile_request_gets_the_expected_response(
    hostile_keys: Keys, client: FlaskClient, case: Case
) -> None:
    sent = case.build(hostile_keys)

    response = client.get(case.path, environ_overrides=sent)

    assert response.is_json
    assert (response.status_code, response_body_or_members(response)) == (
        case.expected.status,
        expected_body(case),
    )
    assert response.headers.getlist("WWW-Authenticate") == expected_challenges(case)
    assert response.headers.get("Cache-Control") == expected_cache_control(sent)
    assert find_leaks(response, sent) == []


def response_body_or_members(response: TestResponse) -> object:
    """Return the body, but of a 200, which contains the subject, only the names of members."""
    return sorted(response.json or {}) if response.status_code == 200 else response.json


def expected_body(case: Case) -> object:
    if case.expected.status == 200:
        return ["sub"]
    return {"code": case.expected.code, "description": case.expected.description}


def expected_challenges(case: Case) -> list[str]:
    if case.expected.challenge is None:
        return []
    names_scope = case.expected.names_scopes and case.path == SCOPED
    return [case.expected.challenge + (', scope="read:messages"' if names_scope else "")]


def expected_cache_control(sent: Environ) -> str | None:
    return "no-store" if "HTTP_AUTHORIZATION" in sent else None


def find_leaks(response: TestResponse, sent: Environ) -> list[str]:
    """Return the parts of the token's segments that the response repeats."""
    segments = "\n".join(re.split(r"[. ]", sent.get("HTTP_AUTHORIZATION", "")))
    text = f"{response.headers}\n{response.get_data(as_text=True)}"
    windows = {text[start : start + LEAK] for start in range(len(text) - LEAK + 1)}
    return sorted(window for window in windows if "\n" not in window and window in segments)


def test_corpus_is_large_and_has_unique_names() -> None:
    names = [name for name, _ in CASES]

    assert len(names) >= 1500
    assert sorted(set(names)) == sorted(names)
