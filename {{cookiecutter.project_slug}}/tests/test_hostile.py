"""The API against its hostile corpus: each request gets the one answer that it must get.

One app and one tenant stand for all cases, so that they take seconds.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import (
    current_token,
    requires_permission,
)

from .conftest import AUDIENCE, trusted_tenant
from .hostile import PERMITTED, SCOPED, Case, Forge
from .hostile_cases import GROUPS
from local_auth0.identity import SigningKey

CASES = [(f"{group}: {case.name}", case) for group, cases in GROUPS.items() for case in cases]

LEAK = 12
"""Characters of a token that would be too many in an answer."""


@pytest.fixture(scope="module")
def forge(tenant_folder: Path) -> Iterator[Forge]:
    """A tenant with two keys, of which it signs with the first."""
    with trusted_tenant(tenant_folder) as tenant:
        other, stranger = SigningKey(), SigningKey()
        tenant.keys.append(other.jwk)
        yield Forge(tenant, other, stranger)


@pytest.fixture(scope="module")
def client(forge: Forge) -> FlaskClient:
    app = create_app({"AUTH0_DOMAIN": forge.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    add_permitted(app)
    return app.test_client()


def add_permitted(app: Flask) -> None:
    """Add an endpoint that asks for a permission; the API has none of its own."""

    @app.get(PERMITTED)
    @requires_permission("read:messages")
    def permitted() -> dict[str, str]:
        return {"message": "Hello!", "sub": current_token.subject}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_each_request_gets_its_one_answer(forge: Forge, client: FlaskClient, case: Case) -> None:
    sent = case.build(forge)

    answer = client.get(case.path, environ_overrides=sent)

    assert answer.is_json
    assert (answer.status_code, said(answer)) == (case.answer.status, expected(case))
    assert answer.headers.getlist("WWW-Authenticate") == challenges(case)
    assert answer.headers.get("Cache-Control") == cache_control(sent)
    assert pieces(answer, sent) == []


def said(answer: TestResponse) -> object:
    """The body, whole; of a good answer, which names its caller, only what it consists of."""
    return sorted(answer.json or {}) if answer.status_code == 200 else answer.json


def expected(case: Case) -> object:
    if case.answer.status == 200:
        return ["message", "sub"]
    return {"code": case.answer.code, "description": case.answer.description}


def challenges(case: Case) -> list[str]:
    if case.answer.challenge is None:
        return []
    scope = ', scope="read:messages"' if case.answer.names_scopes and case.path == SCOPED else ""
    return [case.answer.challenge + scope]


def cache_control(sent: dict[str, str]) -> str | None:
    return "no-store" if "HTTP_AUTHORIZATION" in sent else None


def pieces(answer: TestResponse, sent: dict[str, str]) -> list[str]:
    """What the answer repeats of the token's segments."""
    segments = "\n".join(re.split(r"[. ]", sent.get("HTTP_AUTHORIZATION", "")))
    told = f"{answer.headers}\n{answer.get_data(as_text=True)}"
    windows = {told[start : start + LEAK] for start in range(len(told) - LEAK + 1)}
    return sorted(piece for piece in windows if "\n" not in piece and piece in segments)


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [name for name, _ in CASES]

    assert len(names) >= 350
    assert sorted(set(names)) == sorted(names)
