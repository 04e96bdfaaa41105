"""A rendered project stays small: lines and files are within the budget.

`pytest -s tests/project/test_budget.py` prints the table.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ..support.rendering import render_once

FEATURES_OFF = {"api_docs": "no", "diagnostics": "no", "tenant_file": "no"}
BUDGETS = {
    "default answers": {"Python": 2900, "Python of tests": 3600, "README.md": 220, "files": 88},
    "with dpop": {"Python": 3650, "Python of tests": 3750, "README.md": 220, "files": 98},
    "all features off": {"Python": 2150, "Python of tests": 2200, "README.md": 200, "files": 68},
}
"""Lines as `wc -l` counts them."""


def count_sizes(project: Path) -> dict[str, int]:
    """Count lines and files as in BUDGETS. `conftest.py` files count as tests."""
    files = {
        path.relative_to(project): path.read_bytes().count(b"\n")
        for path in project.rglob("*")
        if path.is_file()
    }
    python = {path: lines for path, lines in files.items() if path.suffix == ".py"}
    tests = {path for path in python if path.parts[0] == "tests" or path.name == "conftest.py"}
    return {
        "Python": sum(lines for path, lines in python.items() if path not in tests),
        "Python of tests": sum(python[path] for path in tests),
        "README.md": files[Path("README.md")],
        "files": len(files),
    }


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        pytest.param("default answers", {}, id="default answers"),
        pytest.param("with dpop", {"dpop": "yes"}, id="with dpop"),
        pytest.param("all features off", FEATURES_OFF, id="all features off"),
    ],
)
def test_rendered_project_is_within_its_budget(
    tmp_path: Path, name: str, answers: Mapping[str, str]
) -> None:
    found = count_sizes(render_once(tmp_path / "out", **answers))

    print(f"\n{name:24}{'lines':>8}{'budget':>8}")
    for what, budget in BUDGETS[name].items():
        print(f"{what:24}{found[what]:8}{budget:8}")
    assert {what: count for what, count in found.items() if count > BUDGETS[name][what]} == {}
