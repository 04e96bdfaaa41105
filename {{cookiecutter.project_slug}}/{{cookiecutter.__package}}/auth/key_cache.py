"""The tenant's signing keys in memory: when they are fetched and how long they are used.

A fetch runs in its own thread. Requests with a fresh key never wait for it. Others wait at most
10 s, and only a few longer than 1 s: an unresponsive tenant must not block every thread.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .jwks import FETCH_TIME, SigningKey, fetch_keys
from .rejections import KeysUnavailable

# All in seconds. The first three are ages of the keys.
TIME_TO_LIVE = 600.0  # then keys are refreshed in the background; Auth0 recommends 5 to 10 minutes
REVALIDATE_LIMIT = 1200.0  # then requests wait for the refresh, so that revoked keys are rejected
STALE_LIMIT = 3600.0  # until then, keys are used while the tenant fails (RFC 5861)
RETRY_AFTER_FAILURE = 10.0  # from a failed fetch to the next
FIRST_RETRY = 1.0  # the same without any keys; doubles up to RETRY_AFTER_FAILURE
UNKNOWN_KID_INTERVAL = 30.0  # between fetches for unknown key IDs, which anyone can make up
SHORT_WAIT = 1.0  # of most requests, from the start of a fetch, which usually takes 0.1 s
MAX_LONG_WAITS = 4  # requests that wait longer at the same time: half of a worker's threads

Clock = Callable[[], float]  # seconds

_log = logging.getLogger(__name__)


class _Fetch(NamedTuple):
    started_at: float
    ended: threading.Event


class SigningKeys:
    """A thread-safe cache. No thread starts before `find` or `warm_up`: a server may fork first."""

    def __init__(self, url: str, clock: Clock = lambda: time.monotonic()) -> None:
        """`url` of the JWKS; `clock` returns seconds that never decrease."""
        self._url = url
        self._clock = clock
        # Keys and the time of their fetch, replaced as a whole: reading needs no lock.
        self._cached: tuple[Mapping[str, SigningKey], float] = {}, -math.inf
        self._long_waits = threading.Semaphore(MAX_LONG_WAITS)
        self._lock = threading.Lock()  # for writing _cached, and all below except reading _started
        self._fetch: _Fetch | None = None  # the running one
        self._started = 0  # number of fetches
        self._failed = False  # whether the last one did
        self._retry_at, self._retry_delay = -math.inf, FIRST_RETRY
        self._unknown_kid_retry_at = -math.inf

    @property
    def age(self) -> float | None:
        """Seconds since the keys were fetched, to a tenth; None if there are no usable keys."""
        age = self._clock() - self._cached[1]
        return round(age, 1) if age < STALE_LIMIT else None

    def warm_up(self) -> None:
        """Start the first fetch, unless there was one, without waiting for it."""
        with self._lock:
            if not self._started:
                self._start_fetch(self._clock())

    def find(self, kid: str) -> SigningKey | None:
        """Return the key with this ID, or None. Raises KeysUnavailable if it cannot be fetched."""
        keys, fetched_at = self._cached
        key, age = keys.get(kid), self._clock() - fetched_at
        if key is not None and age < REVALIDATE_LIMIT:
            if age >= TIME_TO_LIVE:
                self._fetch_if_due(kid, self._started)
            return key
        is_stale = key is not None and age < STALE_LIMIT
        if not is_stale and self._long_waits.acquire(blocking=False):
            try:
                self._await_fetch(kid, FETCH_TIME)
            finally:
                self._long_waits.release()
        else:
            self._await_fetch(kid, SHORT_WAIT)
        with self._lock:
            now = self._clock()
            key = self._usable(kid, now)
            if key is None and (self._failed or self._fetch):
                raise KeysUnavailable(self._seconds_to_next_fetch(now))
            return key

    def _usable(self, kid: str, now: float) -> SigningKey | None:
        keys, fetched_at = self._cached
        return keys.get(kid) if now < fetched_at + STALE_LIMIT else None

    def _await_fetch(self, kid: str, wait: float) -> None:
        """Wait until a fetch finds the key or fails, for `wait` seconds from its start at most.

        A fetch that started before this request may be too old to have the key: one more may start.
        """
        started_before = self._started
        fetch = self._fetch_if_due(kid, started_before)
        deadline = self._clock() + FETCH_TIME
        while fetch and (left := min(fetch.started_at + wait, deadline) - self._clock()) > 0:
            fetch.ended.wait(left)
            if self._usable(kid, self._clock()):
                return
            fetch = self._fetch_if_due(kid, started_before)

    def _fetch_if_due(self, kid: str, started_before: int) -> _Fetch | None:
        """Return the running fetch, or start one if it is due."""
        with self._lock:
            now = self._clock()
            if self._fetch and now >= self._fetch.started_at + FETCH_TIME:
                self._end_fetch(self._fetch, f"no response after {FETCH_TIME:.0f} s, given up")
            if self._fetch is None and self._started == started_before:
                keys, fetched_at = self._cached
                if now >= fetched_at + TIME_TO_LIVE:
                    if now >= self._retry_at:
                        self._start_fetch(now)
                elif kid not in keys and now >= self._unknown_kid_retry_at:
                    self._unknown_kid_retry_at = now + UNKNOWN_KID_INTERVAL
                    self._start_fetch(now)
            return self._fetch

    def _start_fetch(self, now: float) -> None:
        self._fetch = fetch = _Fetch(now, threading.Event())
        self._started += 1
        thread = threading.Thread(target=self._run, args=(fetch,), name="auth0-keys", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads can be started
            self._end_fetch(fetch, str(error))

    def _run(self, fetch: _Fetch) -> None:
        result: Mapping[str, SigningKey] | str
        try:
            result = fetch_keys(self._url)
        except Exception as error:  # of any kind: waiting requests must notice the failure
            result = f"{type(error).__name__}: {error}"
        with self._lock:
            if fetch is self._fetch:  # otherwise it was given up
                self._end_fetch(fetch, result)

    def _end_fetch(self, fetch: _Fetch, result: Mapping[str, SigningKey] | str) -> None:
        """Store the keys. After a failure, log the reason and set the time of the next attempt."""
        now, (before, fetched_at) = self._clock(), self._cached
        self._fetch, self._failed = None, isinstance(result, str)
        if isinstance(result, str):
            _log.warning("The signing keys could not be fetched from %s: %s", self._url, result)
            has_keys = now < fetched_at + STALE_LIMIT
            delay = RETRY_AFTER_FAILURE if has_keys else self._retry_delay
            self._retry_delay = min(2 * delay, RETRY_AFTER_FAILURE)
            self._retry_at = min(now, fetch.started_at + FETCH_TIME) + delay
        else:
            self._cached, self._retry_delay = (result, now), FIRST_RETRY
            _log.info("Fetched %d signing keys from %s", len(result), self._url)
            new, gone = sorted(result.keys() - before), sorted(before.keys() - result)
            if before and (new or gone):
                _log.info("The tenant's signing keys have changed: new %s, gone %s", new, gone)
        fetch.ended.set()

    def _seconds_to_next_fetch(self, now: float) -> int:
        """Return the time to the next fetch, be it for an unknown key ID or for expired keys."""
        expired_at = self._cached[1] + TIME_TO_LIVE
        next_at = max(expired_at, self._retry_at)
        if now < expired_at:
            next_at = min(next_at, self._unknown_kid_retry_at)
        return 1 if self._fetch else math.ceil(max(1.0, next_at - now))
