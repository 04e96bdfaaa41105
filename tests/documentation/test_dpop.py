"""The documents of a project with the feature `dpop` match its code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.markdown import Page
from ..support.rendering import render_once

READ_CODE = """
import json
from messages_api.auth import dpop, dpop_proofs, dpop_replay, rejections

modules = (dpop, dpop_proofs, dpop_replay)
values = [value for module in modules for value in vars(module).values()]
reasons = [value for value in values if isinstance(value, rejections.Reason)]
limits = [dpop_replay.MEMORY_LIMIT, dpop_proofs.MAX_AGE + dpop_proofs.FUTURE_LEEWAY]
print(json.dumps([[[each.status, each.code, each.hint] for each in reasons], limits]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_once(tmp_path_factory.mktemp("dpop"), dpop="yes")


@pytest.fixture(scope="module")
def code(project: Path) -> tuple[list[tuple[int, str, str]], list[int]]:
    """The rejections of the feature, and the numbers that operations.md repeats."""
    command = [sys.executable, "-c", READ_CODE]
    done = subprocess.run(
        command, cwd=project, env=user_environ(), capture_output=True, text=True, check=True
    )
    reasons, limits = json.loads(done.stdout)
    return [(status, name, hint) for status, name, hint in reasons], limits


def test_calling_page_has_every_rejection_of_dpop(
    project: Path, code: tuple[list[tuple[int, str, str]], list[int]]
) -> None:
    rows = Page(project / "docs" / "calling.md").table("status, code")
    codes = {row[0].partition(",")[0] for row in rows}
    hints = {row[-1] for row in rows}

    reasons, _ = code
    assert len(reasons) > 15
    assert [each for each in reasons if f"{each[0]} {each[1]}" not in codes] == []
    assert [hint for _, _, hint in reasons if hint and hint not in hints] == []


def test_operations_page_has_the_limits_of_the_replay_check(
    project: Path, code: tuple[list[tuple[int, str, str]], list[int]]
) -> None:
    text = (project / "docs" / "operations.md").read_text(encoding="utf-8")

    _, (memory_limit, seconds) = code
    assert f"up to {memory_limit:,} proofs" in text
    assert f"the last {seconds} seconds" in text
