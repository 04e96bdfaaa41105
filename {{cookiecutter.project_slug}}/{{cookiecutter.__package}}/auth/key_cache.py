"""The tenant's signing keys in memory: when they are fetched, how long they are used.

A fetch runs on a thread of its own. Requests with a usable key never wait for it; others wait at most
10 s, and only a few longer than 1 s: an unresponsive tenant must not take every thread.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .jwks import FETCH_TIME, SigningKey, fetch_keys
from .rejections import KeysUnavailable

# All in seconds.
TIME_TO_LIVE = 600.0  # after which keys are fetched again; Auth0 asks for 5 to 10 minutes
STALE_LIMIT = 3600.0  # since the last success: how long keys are used while a refresh runs or fails
RETRY_AFTER_FAILURE = 10.0  # to the next fetch, when there are no keys or only expired ones
UNKNOWN_KID_INTERVAL = 30.0  # between fetches for unknown key IDs: made-up ones cause no flood
SHORT_WAIT = 1.0  # from the start of a fetch; most take a tenth of that

LONG_WAITS = 4  # requests that wait longer at the same time: half of a worker's threads

Clock = Callable[[], float]  # seconds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _CachedKeys:
    """The keys of one fetch, replaced as a whole: reading needs no lock."""

    keys: Mapping[str, SigningKey] = field(default_factory=dict)
    fetched_at: float = -math.inf

    def usable(self, kid: str, now: float) -> SigningKey | None:
        return self.keys.get(kid) if now < self.fetched_at + STALE_LIMIT else None

    def are_due(self, now: float) -> bool:
        return now >= self.fetched_at + TIME_TO_LIVE


@dataclass(frozen=True, slots=True, eq=False)
class _Fetch:
    started_at: float
    ended: threading.Event = field(default_factory=threading.Event)


class SigningKeys:
    """A thread-safe cache. No thread starts before `find` or `warm_up`: a server may fork first."""

    def __init__(self, url: str, clock: Clock = time.monotonic) -> None:
        """`url` of the JWKS; `clock` returns seconds that never decrease."""
        self._url = url
        self._clock = clock
        self._cached = _CachedKeys()
        self._long_waits = threading.Semaphore(LONG_WAITS)
        self._lock = threading.Lock()  # for all below but reading _started, and for writing _cached
        self._fetch: _Fetch | None = None
        self._started = 0  # how many fetches
        self._failed = False
        self._retry_at = -math.inf
        self._unknown_kid_retry_at = -math.inf

    @property
    def age(self) -> float | None:
        """Seconds since the keys were fetched, to a tenth; None if there are no usable keys."""
        age = self._clock() - self._cached.fetched_at
        return round(age, 1) if age < STALE_LIMIT else None

    def warm_up(self) -> None:
        """Start the first fetch, unless there was one, and wait for nothing."""
        with self._lock:
            if not self._started:
                self._start_fetch(self._clock())

    def find(self, kid: str) -> SigningKey | None:
        """Return the key with this ID, or None. Raises KeysUnavailable if the tenant does not respond."""
        cached, now = self._cached, self._clock()
        key = cached.keys.get(kid)
        if key is not None and now < cached.fetched_at + TIME_TO_LIVE:
            return key
        if cached.usable(kid, now) is None:
            return self._await_key(kid)
        self._fetch_if_due(kid, self._started)
        return key

    def _await_key(self, kid: str) -> SigningKey | None:
        if self._long_waits.acquire(blocking=False):
            try:
                key = self._await_fetch(kid, FETCH_TIME)
            finally:
                self._long_waits.release()
        else:
            key = self._await_fetch(kid, SHORT_WAIT)
        if key is not None:
            return key
        with self._lock:
            now = self._clock()
            key = self._cached.usable(kid, now)
            if key is None and (self._failed or self._fetch is not None):
                raise KeysUnavailable(self._seconds_to_next_fetch(now))
            return key

    def _await_fetch(self, kid: str, wait: float) -> SigningKey | None:
        """Return a key once a fetch has brought it; `wait`: seconds from the start of a fetch.

        A fetch that started before this request may be too old to have the key: one more may start.
        """
        started_before = self._started
        fetch = self._fetch_if_due(kid, started_before)
        deadline = self._clock() + FETCH_TIME
        while fetch and (left := min(fetch.started_at + wait, deadline) - self._clock()) > 0:
            fetch.ended.wait(left)
            if key := self._cached.usable(kid, self._clock()):
                return key
            fetch = self._fetch_if_due(kid, started_before)
        return None

    def _fetch_if_due(self, kid: str, started_before: int) -> _Fetch | None:
        """Return the fetch that runs, or a new one if one is due."""
        with self._lock:
            now = self._clock()
            overdue = (
                self._fetch if self._fetch and now >= self._fetch.started_at + FETCH_TIME else None
            )
            if overdue:
                self._end_fetch(overdue, None)
            if self._fetch is None and self._started == started_before:
                if self._cached.are_due(now):
                    if now >= self._retry_at:
                        self._start_fetch(now)
                elif not self._cached.usable(kid, now) and now >= self._unknown_kid_retry_at:
                    self._unknown_kid_retry_at = now + UNKNOWN_KID_INTERVAL
                    self._start_fetch(now)
            fetch = self._fetch
        if overdue:
            self._log_failure(f"no response after {FETCH_TIME:.0f} s, given up")
        return fetch

    def _start_fetch(self, now: float) -> None:
        self._fetch = fetch = _Fetch(now)
        self._started += 1
        thread = threading.Thread(target=self._run, args=(fetch,), name="auth0-keys", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left
            self._end_fetch(fetch, None)
            self._log_failure(str(error))

    def _run(self, fetch: _Fetch) -> None:
        cached, reason, before = None, "", self._cached.keys.keys()
        try:
            cached = _CachedKeys(fetch_keys(self._url), self._clock())
        except Exception as error:  # whatever it is, waiting requests must learn that it failed
            reason = f"{type(error).__name__}: {error}"
        with self._lock:
            if fetch is not self._fetch:  # it was given up earlier, and logged then
                return
            self._end_fetch(fetch, cached)
        if cached is None:
            self._log_failure(reason)
            return
        after = cached.keys.keys()
        _log.info("Fetched %d signing keys from %s", len(after), self._url)
        if before and before != after:
            new, gone = sorted(after - before), sorted(before - after)
            _log.info("The tenant's signing keys have changed: new %s, gone %s", new, gone)

    def _end_fetch(self, fetch: _Fetch, cached: _CachedKeys | None) -> None:
        """Store what a fetch has brought; None if it failed."""
        self._fetch = None
        self._failed = cached is None
        if cached is None:
            self._retry_at = min(self._clock(), fetch.started_at + FETCH_TIME) + RETRY_AFTER_FAILURE
        else:
            self._cached = cached
        fetch.ended.set()

    def _log_failure(self, reason: str) -> None:
        _log.warning("The signing keys could not be fetched from %s: %s", self._url, reason)

    def _seconds_to_next_fetch(self, now: float) -> int:
        """Whichever comes first: the next fetch for an unknown key ID, or for expired keys."""
        next_at = max(self._cached.fetched_at + TIME_TO_LIVE, self._retry_at)
        if not self._cached.are_due(now):
            next_at = min(next_at, self._unknown_kid_retry_at)
        return math.ceil(max(1.0, next_at - now))
