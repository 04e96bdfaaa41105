"""Options and Pythons together: every rendered project passes its own checks at once.

Every pair of two features' answers, and of those with the oldest and the newest Python found. With
`--every`, all combinations, each with every deployment; with `--python`, under that one. `make
test-all` is all of both. Odd answers to the other prompts take turns, and deployments with them.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations, cycle, islice, product
from pathlib import Path

import pytest

from ..support.answers import ODD_ANSWERS, PROMPTS, as_jinja
from ..support.environ import user_environ
from ..support.environments import Environments
from ..support.processes import check_output
from ..support.pythons import installed_pythons, oldest_and_newest, require_pythons
from ..support.rendering import Bake

Row = tuple[str, ...]

FEATURES: Mapping[str, list[str]] = {
    name: ["yes", "no"] for name, answer in PROMPTS.items() if isinstance(answer, bool)
}
OPTIONS: Mapping[str, list[str]] = {"deployment": PROMPTS["deployment"], **FEATURES}
"""What `--every` combines. A deployment changes no code, so that its pairs show nothing new; nor does
the license, which is left out here. See test_render.py.
"""

OTHERS: Mapping[str, Mapping[str, str]] = {"defaults": {}, **ODD_ANSWERS}
"""Answers to the other prompts. They choose every deployment."""


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
    pythons = require_pythons(pythons) if pythons else oldest_and_newest()
    every = metafunc.config.getoption("--every")
    options = OPTIONS if every else FEATURES
    columns = [*options.values(), pythons]
    rows = list(product(*columns)) if every else pairwise(columns)
    cases = [
        pytest.param(
            as_jinja(others) | dict(zip(options, row[:-1], strict=True)),
            row[-1],
            id=f"{'-'.join(row)}-{name}",
        )
        for row, (name, others) in islice(
            zip(cycle(rows), cycle(OTHERS.items()), strict=False), max(len(rows), len(OTHERS))
        )
    ]
    metafunc.parametrize(("answers", "python"), cases)


@pytest.mark.slow
def test_rendered_project_passes_its_own_checks(
    bake: Bake, environments: Environments, answers: Mapping[str, str], python: str
) -> None:
    project = bake(**answers)
    environ = user_environ(PRE_COMMIT_HOME=str(project.parent / "pre-commit"))
    check_output(["git", "init", "-q"], project, environ)
    check_output(["git", "add", "-A"], project, environ)
    environments.set_up(project, installed_pythons()[python])

    check_output(["make", "lint", "test"], project, environ)
    hooks = check_output(
        [".venv/bin/pre-commit", "run", "--all-files", "--color=never"], project, environ
    )

    results = re.findall(r"(Passed|Skipped|Failed)$", hooks, re.MULTILINE)
    assert set(results) == {"Passed"}, hooks
    assert f"Python {python}." in check_output([".venv/bin/python", "--version"], project, environ)
    assert list(project.parent.parent.rglob("pwned")) == []
    assert not Path("pwned").exists()


def test_few_rows_hold_every_pair() -> None:
    columns = [["a", "b", "c"], ["a", "b"], ["x", "y", "z"], ["1", "2"]]

    rows = pairwise(columns)

    assert set().union(*map(pairs, rows)) == set().union(*map(pairs, product(*columns)))
    assert len(rows) < 12


def test_missing_python_is_named() -> None:
    with pytest.raises(LookupError, match=r"There is no python3\.2 here, only 3\."):
        require_pythons(["3.2"])
