"""How time is measured: in turns, so that a busy moment of the machine falls on everyone alike.

Figures are ratios of what was measured in the same round, which a slower machine hardly moves.
Garbage is collected while the clock runs, as it is in a server; but what was there before, the
libraries of every peer in one process, is out of it: no server has to go through all of them.
"""

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypedDict

Call = Callable[[], object]

Samples = tuple[float, ...]
"""Seconds per call, one of each round."""

_SEED = 20

_WARM_UP_SLICES = 3


class Figure(TypedDict):
    """The middle of many samples, and how far they scatter."""

    median: float
    q1: float
    q3: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a part measures: so many rounds, in which each call gets so many seconds.

    Many rounds of short slices: what is compared then lies close together in time.
    """

    rounds: int
    seconds_per_slice: float

    @classmethod
    def of(cls, quick: bool, rounds: int, seconds_per_slice: float) -> "Pace":
        """A quick run, which is for trying the benchmark out, has a tenth of the rounds."""
        return cls(max(3, rounds // 10) if quick else rounds, seconds_per_slice)


def alternate(
    calls: Mapping[str, Call], rounds: int, seconds_per_slice: float
) -> dict[str, Samples]:
    """Time every call in every round, in an order that is shuffled anew for each.

    The shuffle has a fixed seed, so two runs differ by the machine alone. A call that takes longer
    than a slice runs once in it.
    """
    repeats = {name: _calibrated(call, seconds_per_slice) for name, call in calls.items()}
    shuffle = random.Random(_SEED).shuffle  # noqa: S311, an order is no secret
    samples: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    with _heap_set_aside():
        for _ in range(rounds):
            shuffle(order)
            for name in order:
                samples[name].append(_seconds_per_call(calls[name], repeats[name]))
    return {name: tuple(taken) for name, taken in samples.items()}


@contextmanager
def _heap_set_aside() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _calibrated(call: Call, seconds: float) -> int:
    """Warm the call up, and return how many times it fits into so many seconds."""
    repeats = 1
    for _ in range(_WARM_UP_SLICES):
        taken = _seconds_per_call(call, repeats)
        repeats = max(1, round(seconds / taken))
    return repeats


def _seconds_per_call(call: Call, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - began) / repeats


def summary(values: Sequence[float]) -> Figure:
    """Return the median and the quartiles of two values or more."""
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "q1": q1, "q3": q3}


def middle_call(equals: Sequence[Samples]) -> Samples:
    """Return what the middle one of equal calls took, round by round."""
    return tuple(statistics.median(times) for times in zip(*equals, strict=True))


def microseconds(samples: Samples) -> Figure:
    """Return the time of a call, in microseconds."""
    return summary([1e6 * seconds for seconds in samples])


def ratio(of: Samples, to: Samples) -> Figure:
    """Return how many times the one is the other, each pair from the same round."""
    return summary([one / other for one, other in zip(of, to, strict=True)])


def difference_ratio(of: Samples, minus: Samples, to: Samples) -> Figure:
    """Return how many times `to` lies between `minus` and `of`, all three from the same round."""
    return summary([(more - less) / unit for more, less, unit in zip(of, minus, to, strict=True)])


def growth_exponent(samples_by_size: Mapping[int, Samples]) -> float:
    """Return the slope of log(time) over log(size), 1.0 if linear: the median over the rounds."""
    sizes = [math.log(size) for size in samples_by_size]
    return statistics.median(
        statistics.linear_regression(sizes, [math.log(seconds) for seconds in times]).slope
        for times in zip(*samples_by_size.values(), strict=True)
    )
