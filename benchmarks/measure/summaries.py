"""Figures from samples. Ratios are taken within a round, so a slower machine hardly changes them."""

import math
from collections.abc import Mapping, Sequence
from statistics import linear_regression, median, quantiles
from typing import Any, TypedDict

from .stopwatch import Samples


class Summary(TypedDict):
    """The median of many values, and the quartiles."""

    median: float
    q1: float
    q3: float


def summarize(values: Sequence[float]) -> Summary:
    """Return the median and the quartiles of two values or more."""
    q1, middle, q3 = quantiles(values, n=4, method="inclusive")
    return {"median": middle, "q1": q1, "q3": q3}


def microseconds(samples: Samples) -> Summary:
    """Return the time of a call in microseconds."""
    return summarize([1e6 * seconds for seconds in samples])


def ratio(of: Samples, to: Samples) -> Summary:
    """Return `of / to`."""
    return summarize([one / other for one, other in zip(of, to, strict=True)])


def difference(of: Samples, minus: Samples) -> Samples:
    """Return `of - minus` in each round."""
    return tuple(more - less for more, less in zip(of, minus, strict=True))


def difference_ratio(of: Samples, minus: Samples, to: Samples) -> Summary:
    """Return `(of - minus) / to`."""
    return ratio(difference(of, minus), to)


def median_samples(equal_calls: Sequence[Samples]) -> Samples:
    """Return the median time of several equal calls in each round."""
    return tuple(median(times) for times in zip(*equal_calls, strict=True))


def growth_exponent(samples_by_size: Mapping[int, Samples]) -> float:
    """Return the slope of log(time) over log(size): 1.0 if the time is proportional to the size."""
    sizes = [math.log(size) for size in samples_by_size]
    return median(
        linear_regression(sizes, [math.log(seconds) for seconds in times]).slope
        for times in zip(*samples_by_size.values(), strict=True)
    )


def median_of_runs(runs: Sequence[dict[str, Any]]) -> dict[str, object]:
    """Return a dictionary like those of the runs, with the median of each number."""
    merged: dict[str, object] = {}
    for name, first in runs[0].items():
        values = [run[name] for run in runs]
        merged[name] = median_of_runs(values) if isinstance(first, dict) else median(values)
    return merged
