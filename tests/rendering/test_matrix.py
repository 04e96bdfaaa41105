"""Options and Pythons together: what each render's owner does first, done for real.

Every pair of two options' values, and of those with the oldest and the newest Python found. With
`--every`, all combinations; with `--python`, under that one. `make test-all` is all of both.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations, product

import pytest

from ..support.answers import PROMPTS
from ..support.environ import user_environ
from ..support.processes import output_of
from ..support.pythons import found, oldest_and_newest, require
from ..support.rendering import Bake

Row = tuple[str, ...]

OPTIONS: Mapping[str, list[str]] = {
    **{
        name: answers
        for name, answers in PROMPTS.items()
        if isinstance(answers, list) and not name.startswith("_")
    },
    **{name: ["yes", "no"] for name, answer in PROMPTS.items() if isinstance(answer, bool)},
    "cors_origins": ["", "http://localhost:3000"],
}
"""Every choice and every feature of cookiecutter.json, and origins, of which there may be none."""


def pairwise(columns: Iterable[list[str]]) -> list[Row]:
    """Return few rows, of all that there are, that hold every pair of two columns' values.

    Each row is one that holds the most pairs which no row before it does.
    """
    rows = list(product(*columns))
    missing = set().union(*map(pairs, rows))
    chosen: list[Row] = []
    while missing:
        chosen.append(max(rows, key=lambda row: len(pairs(row) & missing)))
        missing -= pairs(chosen[-1])
    return chosen


def pairs(row: Row) -> set[tuple[tuple[int, str], ...]]:
    """Return every two values of a row, each with its column."""
    return set(combinations(enumerate(row), 2))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose what is tried: see the top of this file."""
    if "python" not in metafunc.fixturenames:
        return
    pythons = metafunc.config.getoption("--python")
    pythons = require(pythons) if pythons else oldest_and_newest()
    columns = [*OPTIONS.values(), pythons]
    rows = list(product(*columns)) if metafunc.config.getoption("--every") else pairwise(columns)
    cases = [(dict(zip(OPTIONS, answers, strict=True)), python) for *answers, python in rows]
    ids = ["-".join(value or "none" for value in row) for row in rows]
    metafunc.parametrize(("answers", "python"), cases, ids=ids)


@pytest.mark.slow
def test_a_render_passes_its_own_checks_at_once(
    bake: Bake, answers: Mapping[str, str], python: str
) -> None:
    project = bake(**answers)
    environ = user_environ(PRE_COMMIT_HOME=str(project.parent / "pre-commit"))

    for command in (
        ["git", "init", "-q"],
        ["git", "add", "-A"],
        ["make", f"PYTHON={found()[python]}", "lint", "test"],
    ):
        output_of(command, project, environ)
    hooks = output_of(
        [".venv/bin/pre-commit", "run", "--all-files", "--color=never"], project, environ
    )

    results = re.findall(r"(Passed|Skipped|Failed)$", hooks, re.MULTILINE)
    assert set(results) == {"Passed"}, hooks
    assert f"Python {python}." in output_of([".venv/bin/python", "--version"], project, environ)


def test_few_rows_hold_every_pair() -> None:
    columns = [["a", "b", "c"], ["a", "b"], ["x", "y", "z"], ["1", "2"]]

    rows = pairwise(columns)

    assert set().union(*map(pairs, rows)) == set().union(*map(pairs, product(*columns)))
    assert len(rows) < 12


def test_a_python_that_is_not_here_is_named() -> None:
    with pytest.raises(LookupError, match=r"There is no python3\.2 here, only 3\."):
        require(["3.2"])
