"""The benchmarks: the stored figures, the document, goals, and statistics."""

import copy
import json
import time
from typing import Any

import pytest

from benchmarks.measure.stopwatch import time_in_turns
from benchmarks.measure.summaries import (
    difference_ratio,
    growth_exponent,
    median_of_runs,
    median_samples,
    ratio,
)
from benchmarks.report.document import document
from benchmarks.report.figures import names, numbers
from benchmarks.report.goals import GOALS, Goal, missed

from ..support.markdown import Page
from ..support.paths import TEMPLATE

FIGURES = json.loads((TEMPLATE / "docs" / "benchmarks.json").read_text(encoding="utf-8"))
DOCUMENT = TEMPLATE / "docs" / "benchmarks.md"


@pytest.fixture
def figures() -> dict[str, Any]:
    """A copy of the stored figures, which the test may edit."""
    return copy.deepcopy(FIGURES)


@pytest.mark.parametrize("goal", [pytest.param(goal, id=goal.name) for goal in GOALS])
def test_goal_has_a_stored_figure(goal: Goal) -> None:
    assert goal.value(FIGURES) is not None


def test_document_is_up_to_date_with_the_figures() -> None:
    hint = "run python -m benchmarks --report"
    assert DOCUMENT.read_text(encoding="utf-8") == document(FIGURES), hint


def test_document_marks_each_goal() -> None:
    [goals] = [section for heading, section in Page(DOCUMENT).sections if heading == "Goals"]
    rows = goals.table("")

    names_in_code = [name.replace("`", "") for name in (goal.name for goal in GOALS)]
    assert [name for name, *_ in rows] == names_in_code
    assert {mark for *_, mark in rows} <= {"✓", "✗ missed"}
    assert [mark for *_, mark in rows].count("✗ missed") == len(missed(FIGURES))


def test_document_marks_a_missed_goal(figures: dict[str, Any]) -> None:
    figures["fetches"]["cold_start"]["this_template"]["fetches"] = 2

    assert "arrive at once | 2 | = 1 | ✗ missed |" in document(figures)


def test_missed_goal_is_described_with_its_figure(figures: dict[str, Any]) -> None:
    figures["fetches"]["cold_start"]["this_template"]["fetches"] = 2

    assert [line for line in missed(figures) if line not in missed(FIGURES)] == [
        "Fetches of the JWKS when the first 32 requests arrive at once: 2, expected = 1"
    ]


def test_goal_applies_to_the_worst_of_several_figures() -> None:
    figures = {"part": {"one": {"n": 1.0}, "two": {"n": 3.0}, "three": {"n": 2.0}}}

    assert Goal("", "part/*/n", "≤", 2).value(figures) == 3.0
    assert Goal("", "part/*/n", "≥", 2).value(figures) == 1.0
    assert Goal("", "part/one/n", "<", 1, per="part/two|three/n").value(figures) == 0.5


def test_unmeasured_figure_does_not_miss_its_goal(figures: dict[str, Any]) -> None:
    figures["server"]["memory"] = {"api_mib": None, "bare_mib": None, "to_bare": None}

    assert numbers(figures, "server/memory/to_bare") == []
    assert [line for line in missed(figures) if line not in missed(FIGURES)] == []
    assert "a bare Flask app | not measured | ≤ 1.15 |  |" in document(figures)


def test_document_leaves_out_dpop_if_it_was_not_measured(figures: dict[str, Any]) -> None:
    figures.pop("dpop", None)

    assert "DPoP" not in document(figures)


@pytest.mark.parametrize("path", ["nothing", "verify/nothing", "verify/token_chars/*"])
def test_missing_path_raises_key_error(path: str) -> None:
    with pytest.raises(KeyError):
        numbers(FIGURES, path)
    with pytest.raises(KeyError):
        names(FIGURES, path)


def test_path_to_a_summary_is_not_a_number() -> None:
    with pytest.raises(KeyError, match="verify/rsa_us is not a number"):
        numbers(FIGURES, "verify/rsa_us")


def test_ratio_is_computed_within_a_round() -> None:
    """A machine that is three times slower in one round changes no ratio."""
    one, other, unit = (2.0, 6.0, 2.0), (1.0, 3.0, 1.0), (0.5, 1.5, 0.5)

    assert ratio(one, other) == {"median": 2.0, "q1": 2.0, "q3": 2.0}
    assert difference_ratio(one, other, unit) == {"median": 2.0, "q1": 2.0, "q3": 2.0}


def test_median_of_equal_calls_is_computed_in_each_round() -> None:
    assert median_samples([(1.0, 9.0), (2.0, 8.0), (7.0, 3.0)]) == (2.0, 8.0)


def test_quadratic_growth_has_exponent_two() -> None:
    squared = {size: (size**2 * 1e-9, size**2 * 3e-9) for size in (100, 1000, 10_000)}

    assert growth_exponent(squared) == pytest.approx(2.0)


def test_each_call_is_timed_in_each_round() -> None:
    calls = {"short": lambda: time.sleep(0.001), "long": lambda: time.sleep(0.005)}

    samples = time_in_turns(calls, rounds=5, slice_seconds=0.001)

    assert {name: len(seconds) for name, seconds in samples.items()} == {"short": 5, "long": 5}
    assert min(samples["long"]) >= 0.005


def test_median_of_runs_is_computed_for_each_figure() -> None:
    runs = [{"count": 2, "added": {"median": median, "q1": 0}} for median in (3.0, 1.0, 2.5)]

    assert median_of_runs(runs) == {"count": 2, "added": {"median": 2.5, "q1": 0}}
