"""Time calls in turns, so that a busy moment of the machine affects all of them equally.

The garbage collector runs while calls are timed, as in a server. It skips objects that existed
before: the libraries of all peers in one process have far more objects than a server.
"""

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

TimedCall = Callable[[], object]

Samples = tuple[float, ...]
"""Seconds per call, one value for each round."""

_SEED = 20

_WARM_UP_SLICES = 3


def time_in_turns(
    calls: Mapping[str, TimedCall], rounds: int, slice_seconds: float
) -> dict[str, Samples]:
    """Time every call in every round, for `slice_seconds` each; return the samples of each call.

    Many rounds of short slices are best: calls that are compared then run close together. Each
    round has another order, from a fixed seed. A call that takes longer than a slice runs once.
    """
    repeats = {name: _fitting_repeats(call, slice_seconds) for name, call in calls.items()}
    shuffle = random.Random(_SEED).shuffle  # noqa: S311, the order is not a secret
    samples: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    with _frozen_heap():
        for _ in range(rounds):
            shuffle(order)
            for name in order:
                samples[name].append(_seconds_per_call(calls[name], repeats[name]))
    return {name: tuple(seconds) for name, seconds in samples.items()}


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """Exclude the existing objects from garbage collection."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _fitting_repeats(call: TimedCall, slice_seconds: float) -> int:
    """Warm the call up; return how many times it fits into a slice."""
    repeats = 1
    for _ in range(_WARM_UP_SLICES):
        repeats = max(1, round(slice_seconds / _seconds_per_call(call, repeats)))
    return repeats


def _seconds_per_call(call: TimedCall, repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - started) / repeats
