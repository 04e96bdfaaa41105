"""Clocks for the age of signing keys, in seconds: one that stands still, one that runs ahead."""

import time


class ManualClock:
    """A clock that only the test advances, by setting `now`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class RunningClock:
    """Real time that can jump forward, or run faster for a while."""

    def __init__(self) -> None:
        self._course = (time.monotonic(), 0.0, 0.0, 1.0)

    def __call__(self) -> float:
        return self._at(time.monotonic())

    def _at(self, real: float) -> float:
        began, reading, stretch, rate = self._course
        passed = real - began
        return reading + min(passed * rate, passed + stretch - stretch / rate)

    def jump(self, seconds: float) -> None:
        """Jump forward."""
        real = time.monotonic()
        self._course = (real, self._at(real) + seconds, 0.0, 1.0)

    def run_faster(self, until: float, rate: float) -> None:
        """Run `rate` times faster up to a reading, and wait for it."""
        real = time.monotonic()
        reading = self._at(real)
        self._course = (real, reading, until - reading, rate)
        time.sleep((until - reading) / rate)
