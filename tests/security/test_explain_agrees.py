"""`flask auth0 explain` predicts the API's responses to the hostile corpus of test_hostile.py."""

import re

import click
import pytest
from flask import Flask
from messages_api import create_app
from messages_api.auth import Rejection
from messages_api.auth.bearer import read_bearer
from messages_api.auth.rejections import AUTHORIZATION_MISSING, Reason
from messages_api.cli.explain import explain

from ..support.api import AUDIENCE
from ..support.hostile import GROUPS
from ..support.hostile.case import Case, Keys, add_case_endpoints

pytestmark = pytest.mark.exhaustive

Verdict = tuple[int, str]
"""The status of the response, and the description of a 401."""


@pytest.fixture(scope="module")
def app(hostile_keys: Keys) -> Flask:
    app = create_app({"AUTH0_DOMAIN": hostile_keys.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    add_case_endpoints(app)
    return app


@pytest.mark.parametrize("group", GROUPS)
def test_explanation_predicts_the_expected_response(
    app: Flask, hostile_keys: Keys, group: str
) -> None:
    cases = GROUPS[group]

    explained = {
        case.name: predicted_verdict(
            app, case.build(hostile_keys).get("HTTP_AUTHORIZATION"), case.path
        )
        for case in cases
    }

    assert explained == {case.name: expected_verdict(case) for case in cases}


@pytest.mark.parametrize("group", GROUPS)
def test_explanation_has_no_control_characters(app: Flask, hostile_keys: Keys, group: str) -> None:
    for case in GROUPS[group]:
        header = case.build(hostile_keys).get("HTTP_AUTHORIZATION", "")
        lines = explain(app, header.removeprefix("Bearer "))

        text = "".join(click.unstyle(line.render("utf-8")) for line in lines)

        assert text.replace("\n", "").isprintable(), case.name


def expected_verdict(case: Case) -> Verdict:
    status = case.expected.status
    return status, case.expected.description if status == 401 else ""


def predicted_verdict(app: Flask, header: str | None, path: str) -> Verdict:
    """Return the response that the explanation of the header's token predicts."""
    try:
        token = read_bearer(header)
    except Rejection as rejection:
        return verdict_of_reason(rejection.reason)
    if token is None:
        return verdict_of_reason(AUTHORIZATION_MISSING)
    lines = list(explain(app, token))
    violations = [line.text for line in lines if line.passed is False]
    if violations:
        result = re.fullmatch(r"Result: the API responds with (\d+) \w+\.", violations[-1])
        assert result is not None
        return int(result[1]), violations[0]
    if any(line.text == f"It gives access to GET {path}." for line in lines):
        return 200, ""
    assert any(line.text.startswith(f"No access to GET {path}, ") for line in lines)
    return 403, ""


def verdict_of_reason(reason: Reason) -> Verdict:
    return reason.status, reason.description
