"""What the benchmarks say of themselves holds: how they judge, and the figures that are kept."""

import json
import time

import pytest

from benchmarks.__main__ import middle
from benchmarks.goals import GOALS, Figures, Goal, lookup, missed
from benchmarks.stopwatch import alternate, difference_ratio, growth_exponent, middle_call, ratio

from ..support.paths import TEMPLATE

FIGURES: Figures = json.loads((TEMPLATE / "docs" / "benchmarks.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("goal", [pytest.param(goal, id=goal.name) for goal in GOALS])
def test_each_goal_has_its_figure_among_those_kept(goal: Goal) -> None:
    assert goal.value(FIGURES) is not None


def test_the_page_tells_of_each_goal_whether_it_is_missed() -> None:
    page = (TEMPLATE / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    told = [
        line.split("|")[1:-1] for line in page.splitlines() if line.endswith(("✓ |", "missed |"))
    ]

    assert [name.strip() for name, *_ in told] == [goal.name for goal in GOALS]
    assert [mark.strip() for *_, mark in told].count("✗ missed") == len(missed(FIGURES))


def test_a_missed_goal_is_named_with_its_figure_and_its_limit() -> None:
    good = {"made_up_keys": {"ours": {"fetches": 1}}, "rotation": {"ours": {"refused": 0}}}
    figures = {"fetches": {"cold_start": {"ours": {"fetches": 2}}, **good}}

    assert missed(figures) == [
        "Fetches of the keys as 32 first requests come at once: 2, where = 1 is the goal."
    ]


def test_of_several_figures_the_worst_is_judged() -> None:
    figures = {"part": {"one": {"n": 1.0}, "two": {"n": 3.0}, "three": {"n": 2.0}}}

    assert Goal("", "part/*/n", "≤", 2).value(figures) == 3.0
    assert Goal("", "part/*/n", "≥", 2).value(figures) == 1.0
    assert Goal("", "part/one/n", "<", 1, per="part/two|three/n").value(figures) == 0.5


def test_what_was_not_measured_is_not_judged() -> None:
    assert missed({}) == []
    assert lookup({}, "verify/to_raw/ours") == []


def test_ratios_are_taken_within_a_round() -> None:
    """A machine that is three times slower in one round moves no ratio."""
    one, other, unit = (2.0, 6.0, 2.0), (1.0, 3.0, 1.0), (0.5, 1.5, 0.5)

    assert ratio(one, other) == {"median": 2.0, "q1": 2.0, "q3": 2.0}
    assert difference_ratio(one, other, unit) == {"median": 2.0, "q1": 2.0, "q3": 2.0}


def test_of_equal_calls_the_middle_one_counts_in_each_round() -> None:
    assert middle_call([(1.0, 9.0), (2.0, 8.0), (7.0, 3.0)]) == (2.0, 8.0)


def test_growth_is_told_by_its_exponent() -> None:
    squared = {size: (size**2 * 1e-9, size**2 * 3e-9) for size in (100, 1000, 10_000)}

    assert growth_exponent(squared) == pytest.approx(2.0)


def test_each_call_is_timed_in_each_round() -> None:
    taken = alternate(
        {"short": lambda: time.sleep(0.001), "long": lambda: time.sleep(0.005)}, 5, 0.001
    )

    assert {name: len(samples) for name, samples in taken.items()} == {"short": 5, "long": 5}
    assert min(taken["long"]) >= 0.005


def test_of_several_processes_the_middle_of_each_figure_is_kept() -> None:
    runs = [
        {"titles": {"ours": "us"}, "added": {"median": median, "q1": 0}}
        for median in (3.0, 1.0, 2.5)
    ]

    assert middle(runs) == {"titles": {"ours": "us"}, "added": {"median": 2.5, "q1": 0}}
