"""The rendered API's own tests notice when one of its rules is broken."""

from pathlib import Path

import pytest

from .mutants import MUTANTS, Mutant, run_tests
from .rendering import render


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project to look things up in."""
    return render(tmp_path_factory.mktemp("rendered"))


def test_there_are_many_mutants_and_their_names_are_unique() -> None:
    names = [mutant.name for mutant in MUTANTS]

    assert len(names) >= 300
    assert len(set(names)) == len(names)


def test_no_mutant_is_stale(rendered: Path) -> None:
    assert {m.name: n for m in MUTANTS if (n := m.occurrences(rendered)) != 1} == {}


def test_no_two_mutants_are_the_same() -> None:
    edits = [(mutant.file, mutant.text, mutant.replacement) for mutant in MUTANTS]

    assert len(set(edits)) == len(edits)
    assert [mutant.name for mutant in MUTANTS if mutant.text == mutant.replacement] == []


@pytest.mark.slow
def test_without_a_mutant_there_is_nothing_to_notice(ready_project: Path) -> None:
    outcome = run_tests(ready_project, sorted({mutant.tests for mutant in MUTANTS}))

    assert outcome.green, outcome.output


@pytest.mark.slow
@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in MUTANTS])
def test_a_mutant_is_noticed(ready_project: Path, mutant: Mutant) -> None:
    outcome = run_tests(ready_project, [mutant.tests], mutant)

    assert outcome.failed, outcome.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replacement", "is_green"),
    [
        pytest.param("if not len(token) <= MAX_TOKEN_LENGTH:", True, id="equivalent code"),
        pytest.param("if len(token) > MAX_TOKEN_LENGTH", False, id="syntax error"),
    ],
)
def test_edit_that_breaks_no_rule_is_not_noticed(
    ready_project: Path, replacement: str, is_green: bool
) -> None:
    file, tests = "messages_api/auth/tokens.py", "tests/test_tokens.py"
    mutant = Mutant("none", "if len(token) > MAX_TOKEN_LENGTH:", replacement, file, tests)

    outcome = run_tests(ready_project, [tests], mutant)

    assert (outcome.green, outcome.failed) == (is_green, "")
