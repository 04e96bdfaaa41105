"""`flask auth0 explain` at a real terminal: a pasted token is read whole and never shown."""

import os
import sys
from pathlib import Path

import pytest
from local_auth0 import Tenant

from ..support.api import AUDIENCE
from ..support.terminal import CTRL_C, ENTER, run_at_terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals"),
]

PROMPT = "Paste the token, which is not shown, then press Enter."

SCRIPT = 'trap : INT; stty -g; "$0" -m flask auth0 explain; status=$?; stty -g; exit $status'
"""Prints the modes of the terminal before and after."""


def explain_at_terminal(tenant: Tenant, api_folder: Path, *keys: str) -> tuple[int | None, str]:
    """Run the command, press keys; return its exit status and what was shown after the prompt."""
    settings = {"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}
    paths = {"FLASK_APP": "messages_api:create_app", "PYTHONPATH": str(api_folder)}
    status, shown = run_at_terminal(
        ["sh", "-c", SCRIPT, sys.executable],
        ["".join(keys)],
        PROMPT,
        api_folder,
        os.environ | settings | paths,
    )
    before, _, rest = shown.partition(f"\n{PROMPT}\n")
    after = rest.splitlines()
    assert before == after[-1]  # the terminal is as it was
    return status, "\n".join(after[:-1])


def long_token(tenant: Tenant) -> str:
    """Return a token of nearly 16 KiB, the longest that the API accepts."""
    token = tenant.token(permissions=[f"do:{number:04}" for number in range(1020)])
    assert 15_500 < len(token) <= 16_384
    return token


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ENTER),
        ("Bearer ", ENTER),
        ("  authorization: bearer ", f"  {ENTER}{ENTER}"),
    ],
    ids=["token", "Bearer", "header within white space"],
)
def test_long_token_is_read_whole_and_not_shown(
    tenant: Tenant, api_folder: Path, before: str, after: str
) -> None:
    token = long_token(tenant)

    status, shown = explain_at_terminal(tenant, api_folder, before, token, after)

    assert "\x1b[32m✓\x1b[0m Result: the API accepts the token." in shown
    assert status == 0
    assert "Bearer" not in shown
    assert [segment for segment in token.split(".") if segment[:20] in shown] == []


def test_characters_of_a_pasted_token_are_counted(tenant: Tenant, api_folder: Path) -> None:
    status, shown = explain_at_terminal(tenant, api_folder, "a" * 20_000, ENTER)

    assert "characters: 20000; segments: 1" in shown
    assert "aaa" not in shown
    assert status == 1


@pytest.mark.parametrize("begun", ["", "eyJhbGciOiJ"], ids=["nothing", "part of a token"])
def test_ctrl_c_aborts(tenant: Tenant, api_folder: Path, begun: str) -> None:
    status, shown = explain_at_terminal(tenant, api_folder, begun, CTRL_C)

    assert (status, shown.strip()) == (1, "Aborted!")


def test_enter_without_a_token_is_a_usage_error(tenant: Tenant, api_folder: Path) -> None:
    status, shown = explain_at_terminal(tenant, api_folder, ENTER)

    assert status == 2
    assert shown.endswith("There is no token: pass it as an argument or on standard input.")
