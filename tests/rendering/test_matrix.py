"""Combinations of features and Pythons: every rendered project passes its own checks.

By default, the combinations contain every pair of two features' answers, and every pair of an
answer and a Python, either the oldest or the newest installed one. `--every` tests all combinations
with every deployment; `--python` selects the Python. `make test-all` does both for each Python. The
other prompts get each set of unusual answers in turn.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations, cycle, islice, product
from pathlib import Path

import pytest

from ..support.answers import PROMPTS, UNUSUAL_ANSWERS, as_jinja
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
"""The prompts that `--every` combines. Deployments change no code, so pairs need not contain them.
Nor does the license, which is not combined at all: see test_render.py.
"""

OTHER_ANSWERS: Mapping[str, Mapping[str, str]] = {"defaults": {}, **UNUSUAL_ANSWERS}
"""Answers to the other prompts. Together they contain every deployment."""


def choose_pairwise_rows(columns: Iterable[list[str]]) -> list[Row]:
    """Return a small set of rows that contains every pair of values from two columns.

    Always choose a row with the most pairs that are still missing.
    """
    rows = list(product(*columns))
    missing = set().union(*map(value_pairs, rows))
    chosen: list[Row] = []
    while missing:
        chosen.append(max(rows, key=lambda row: len(value_pairs(row) & missing)))
        missing -= value_pairs(chosen[-1])
    return chosen


def value_pairs(row: Row) -> set[tuple[tuple[int, str], ...]]:
    """Return every pair of values of a row, each value with its column."""
    return set(combinations(enumerate(row), 2))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize the test with combinations: see the module's docstring."""
    if "python" not in metafunc.fixturenames:
        return
    pythons = metafunc.config.getoption("--python")
    pythons = require_pythons(pythons) if pythons else oldest_and_newest()
    every = metafunc.config.getoption("--every")
    options = OPTIONS if every else FEATURES
    columns = [*options.values(), pythons]
    rows = list(product(*columns)) if every else choose_pairwise_rows(columns)
    cases = [
        pytest.param(
            as_jinja(others) | dict(zip(options, row[:-1], strict=True)),
            row[-1],
            id=f"{'-'.join(row)}-{name}",
        )
        for row, (name, others) in islice(
            zip(cycle(rows), cycle(OTHER_ANSWERS.items()), strict=False),
            max(len(rows), len(OTHER_ANSWERS)),
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


def test_pairwise_rows_contain_every_pair() -> None:
    columns = [["a", "b", "c"], ["a", "b"], ["x", "y", "z"], ["1", "2"]]

    rows = choose_pairwise_rows(columns)

    assert set().union(*map(value_pairs, rows)) == set().union(*map(value_pairs, product(*columns)))
    assert len(rows) < 12


def test_missing_python_is_reported_by_version() -> None:
    with pytest.raises(LookupError, match=r"There is no python3\.2 here, only 3\."):
        require_pythons(["3.2"])
