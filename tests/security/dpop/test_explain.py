"""`flask auth0 explain` and the API agree on proofs: see test_proofs.py."""

import importlib
import re
from typing import Any

import click
import pytest
from flask import Flask

from ...support.dpop import GROUPS
from ...support.dpop.expected import Case
from ...support.dpop.proofs import World
from ...support.dpop_api import PACKAGE, make_app

pytestmark = pytest.mark.exhaustive

UNKNOWN = {"header", "scheme", "htm", "htu different", "paths", "root"} | {
    *("bearer", "plain bearer", "order")
}
"""Groups of what the command does not know: the request and its headers."""


@pytest.fixture(scope="module")
def app(package: Any, world: World) -> Flask:
    return make_app(package, world, "allowed")


def explained(app: Flask, text: str) -> list[Any]:
    module = importlib.import_module(f"{PACKAGE}.cli.dpop")
    return list(module.explain(app, text))


def given(world: World, case: Case) -> str:
    """Return the token and the proof of a case, as they are typed."""
    request = case.build(world)
    token = re.sub("^[A-Za-z]+ ", "", request.authorization or "")
    return f"{token} {request.proof or ''}".strip()


@pytest.mark.parametrize("group", [group for group in GROUPS if group not in UNKNOWN])
def test_explanation_predicts_the_response(app: Flask, world: World, group: str) -> None:
    verdicts, expected = {}, {}
    for case in GROUPS[group]:
        text = given(world, case)
        if len(re.split("[ \t\r\n]+", text)) == 2:
            lines = explained(app, text)
            verdicts[case.name] = any(line.passed is False for line in lines)
            expected[case.name] = case.outcome.status != 200

    assert verdicts == expected


@pytest.mark.parametrize("group", GROUPS)
def test_explanation_has_no_control_characters(app: Flask, world: World, group: str) -> None:
    for case in GROUPS[group]:
        lines = explained(app, given(world, case))

        text = "".join(click.unstyle(line.render("utf-8")) for line in lines)

        assert text.replace("\n", "").isprintable(), case.name
