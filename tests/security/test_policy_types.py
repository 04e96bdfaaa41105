"""mypy --strict on a user's code with policies: it accepts correct code and reports mistakes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CORRECT = """
from collections.abc import Callable
from typing import assert_type

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask.views import MethodView, View
from messages_api import auth
from messages_api.auth import AccessToken


class Versioned(Blueprint):
    version = 1


@auth.requires_permission("a")
@auth.requires_auth
def show(number: int, *, text: str = "") -> dict[str, str]:
    return {text: auth.current_token.subject * number}


@auth.requires_scope("a")
async def show_async(number: int) -> str:
    return str(number)


@auth.requires_any_scope("a", "b")
@auth.requires_claim("org_id", "org_1", 2, True)
class Shown(MethodView):
    decorators = [auth.requires_permission("a"), auth.requires_any_permission("a", "b")]

    @auth.requires_auth
    def get(self, number: int) -> str:
        return str(number)

    @auth.requires_auth
    async def post(self) -> ResponseReturnValue:
        return "", 201


@auth.optional_auth
class Plain(View):
    pass


@auth.optional_auth
def greet() -> str:
    token = auth.optional_token()
    assert_type(token, AccessToken | None)
    return "anyone" if token is None else token.subject


async def check(app: Flask, views: Callable[[int], str]) -> None:
    assert_type(show(1, text="a"), dict[str, str])
    assert_type(await show_async(1), str)
    assert_type(Shown, type[Shown])
    assert_type(Plain, type[Plain])
    assert_type(Shown().get(1), str)
    assert_type(await Shown().post(), ResponseReturnValue)
    assert_type(greet(), str)
    assert_type(auth.public(Blueprint("a", __name__)), Blueprint)
    assert_type(auth.requires_auth(Versioned("b", __name__)), Versioned)
    assert_type(auth.requires_scope("a")(views)(1), str)
    assert_type(auth.current_token, AccessToken)
    auth.set_policy(app, "metrics", auth.public)
    auth.set_policy(app, "docs.*", auth.requires_scope("a"))
    raise auth.Forbidden("not_yours", "The message is not yours.")
"""

MISTAKES = """
from flask import Blueprint, Flask
from flask.views import View
from messages_api import auth

app = Flask(__name__)
auth.public(1)  # type-var
auth.public(Blueprint("a", __name__)).nothing  # attr-defined


@auth.requires_auth
def show(number: int) -> str:
    return number * auth.current_token.subject


@auth.requires_scope  # arg-type
def without_parentheses() -> str:
    return ""


@auth.requires_claim  # arg-type
def claim_without_parentheses() -> str:
    return ""


@auth.requires_scope  # arg-type
class WithoutParentheses(View):
    pass


@auth.optional_auth
async def greet() -> str:
    return auth.optional_token().subject  # union-attr


async def check() -> None:
    show("1")  # arg-type
    show()  # call-arg
    show(1).nothing  # attr-defined
    greet().upper()  # attr-defined
    auth.current_token.nothing  # attr-defined
    auth.requires_scope(1)  # arg-type
    auth.requires_any_scope(["a", "b"])  # arg-type
    auth.requires_permission(None)  # arg-type
    auth.requires_claim()  # call-arg
    auth.requires_claim("org_id", ["org_1"])  # arg-type
    auth.set_policy(app, "x", show)  # arg-type
    auth.set_policy(app, "x", auth.requires_scope)  # arg-type
    auth.set_policy(app, show, auth.public)  # arg-type
    auth.set_policy("x", auth.public)  # call-arg
    raise auth.Forbidden("not_yours")  # call-arg
"""


@pytest.mark.parametrize("code", [CORRECT, MISTAKES], ids=["correct code", "mistakes"])
def test_mypy_reports_exactly_the_mistakes(api_folder: Path, tmp_path: Path, code: str) -> None:
    file = tmp_path / "views.py"
    file.write_text(code)
    # Some imports of the package have no type stubs in the template's environment.
    options = ["--strict", "--config-file=", "--follow-imports=silent", "--no-error-summary"]
    mypy = [sys.executable, "-m", "mypy", *options, f"--cache-dir={api_folder.parent / 'mypy'}"]

    run = subprocess.run([*mypy, file], cwd=api_folder, capture_output=True, text=True)

    expected = [
        (number, comment[1])
        for number, line in enumerate(code.splitlines(), 1)
        if (comment := re.search(r"  # ([\w-]+)$", line))
    ]
    found = re.findall(r"views\.py:(\d+): error: .*\[([\w-]+)\]", run.stdout)
    assert [(int(number), name) for number, name in found] == expected, run.stdout + run.stderr
