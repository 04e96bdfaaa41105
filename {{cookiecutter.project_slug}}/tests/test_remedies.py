"""Each refusal has a remedy, which the README has in the same words, and the client never hears."""

import logging
from pathlib import Path

import pytest
from flask import Flask

from {{ cookiecutter.__package }}.auth import AuthError, rules, tokens
from {{ cookiecutter.__package }}.auth.errors import (
    InsufficientScope,
    InvalidAuthorization,
    InvalidToken,
    KeysUnavailable,
    MissingAuthorization,
)
from {{ cookiecutter.__package }}.auth.remedies import REMEDIES, remedy
from {{ cookiecutter.__package }}.auth.rules import Broken

README = Path(__file__).parent.parent / "README.md"


def test_every_rule_has_a_remedy() -> None:
    broken = {
        rule
        for module in (rules, tokens)
        for rule in vars(module).values()
        if isinstance(rule, Broken)
    }

    assert broken == REMEDIES.keys()


def test_the_readme_has_the_same_words() -> None:
    _, table = README.read_text(encoding="utf-8").split("\n## What a refusal means\n")
    said = table.partition("\n## ")[0].replace("`", "")

    kinds = (
        MissingAuthorization(),
        InvalidAuthorization("The header"),
        InsufficientScope("read:messages"),
        KeysUnavailable(10),
    )
    words = {*REMEDIES.values(), *map(remedy, kinds)}
    assert sorted(text for text in words if text not in said) == []


@pytest.mark.parametrize("kind", [AuthError, InvalidToken], ids=["a kind", "a rule"])
def test_of_a_refusal_that_is_not_known_the_readme_says_more(kind: type[AuthError]) -> None:
    assert remedy(kind(Broken("own", "One's own."))) == "README.md says what a refusal means"


@pytest.mark.parametrize("debug", [False, True], ids=["production", "development"])
def test_the_log_advises_a_developer_and_the_answer_nobody(
    app: Flask, caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    app.debug = debug
    caplog.set_level(logging.INFO)

    headers = {"Authorization": "Bearer an-opaque-token"}
    answer = app.test_client().get("/api/private", headers=headers)

    (refused,) = (line for line in caplog.records if line.message == "Request refused")
    told = {name: vars(refused).get(name) for name in ("code", "rule", "remedy")}
    assert told == {
        "code": "invalid_header",
        "rule": tokens.NO_JWT.description if debug else None,
        "remedy": REMEDIES[tokens.NO_JWT] if debug else None,
    }
    description = tokens.NO_JWT.description
    assert answer.json == {"code": "invalid_header", "description": description}
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer realm="api", error="invalid_token", error_description="{description}"'
    )
