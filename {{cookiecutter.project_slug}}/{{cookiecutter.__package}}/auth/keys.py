"""The tenant's signing keys in memory: when they are fetched, how long they are served.

A fetch runs on a thread of its own. Whoever has a usable key never waits for it; the others wait
until the fetch ends, at most 10 s, and few at a time for longer than 1 s: a tenant that does not
answer must not take every thread of a server. A deadline of our own is needed, since a silent name
server or a dripping one outlasts every timeout of an HTTP client.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .errors import KeysUnavailable
from .jwks import FETCH_TIME, SigningKey, fetch_keys

TIME_TO_LIVE = 600.0
"""Seconds after which keys are fetched anew. Auth0 asks for 5 to 10 minutes."""

STALE_LIMIT = 3600.0
"""Seconds after the last success that keys are served while a refresh is under way, or fails."""

RETRY_AFTER_FAILURE = 10.0
"""Seconds from a failed fetch to the next, when there are no keys or they are past their time."""

UNKNOWN_KID_INTERVAL = 30.0
"""Seconds between two fetches for an unknown key ID: made-up ones do not become a flood."""

SHORT_WAIT = 1.0
"""Seconds from its beginning that anyone waits for a fetch, which mostly takes a tenth of that."""

LONG_WAITS = 4
"""Requests that wait on at a time, to the end of the fetch: half of the threads of a worker."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys of one fetch. Replaced whole, so it can be read without the lock."""

    keys: Mapping[str, SigningKey] = field(default_factory=dict)
    fetched_at: float = -math.inf

    def usable(self, kid: str, now: float) -> SigningKey | None:
        return self.keys.get(kid) if now < self.fetched_at + STALE_LIMIT else None

    def is_due(self, now: float) -> bool:
        return now >= self.fetched_at + TIME_TO_LIVE


@dataclass(frozen=True, slots=True, eq=False)
class _Fetch:
    """A fetch under way."""

    begun_at: float
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def deadline(self) -> float:
        return self.begun_at + FETCH_TIME


class SigningKeys:
    """A cache of one tenant's signing keys, safe to share between threads.

    No thread starts before `find` or `warm_up` is called, so a server may fork before that.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`url` of the key set; `clock` gives seconds that only ever grow."""
        self._url = url
        self._clock = clock
        self._held = _Held()
        self._long_waits = threading.Semaphore(LONG_WAITS)
        self._lock = threading.Lock()  # guards all below but reading _begun, and writing _held
        self._fetch: _Fetch | None = None
        self._begun = 0
        self._failed = False
        self._retry_at = -math.inf
        self._unknown_kid_retry_at = -math.inf

    @property
    def age(self) -> float | None:
        """Seconds since the keys were fetched, to a tenth; None if there are none to be used."""
        age = self._clock() - self._held.fetched_at
        return round(age, 1) if age < STALE_LIMIT else None

    def warm_up(self) -> None:
        """Begin the first fetch, unless that is done, and wait for nothing."""
        with self._lock:
            if not self._begun:
                self._begin(self._clock())

    def find(self, kid: str) -> SigningKey | None:
        """Return the key with this ID, or None when the tenant has no such key.

        Raises:
            KeysUnavailable: the tenant cannot be asked, and the keys at hand do not answer.
        """
        held, now = self._held, self._clock()
        key = held.keys.get(kid)
        if key is not None and now < held.fetched_at + TIME_TO_LIVE:
            return key
        if held.usable(kid, now) is None:
            return self._wait_for(kid)
        self._fetch_for(kid, self._begun)
        return key

    def _wait_for(self, kid: str) -> SigningKey | None:
        """Ask the tenant for a key that is not at hand."""
        may_wait_on = self._long_waits.acquire(blocking=False)
        try:
            key = self._fetched(kid, FETCH_TIME if may_wait_on else SHORT_WAIT)
        finally:
            if may_wait_on:
                self._long_waits.release()
        if key is not None:
            return key
        with self._lock:
            now = self._clock()
            key = self._held.usable(kid, now)
            if key is None and (self._failed or self._fetch is not None):
                raise KeysUnavailable(self._seconds_to_next_fetch(now))
            return key

    def _fetched(self, kid: str, wait: float) -> SigningKey | None:
        """Return a key once a fetch has brought it; `wait`: seconds that one is waited for.

        A fetch begun before this request may have been answered before the key was there, so its
        end is not the last word: one begun on behalf of this request is.
        """
        begun_before = self._begun
        fetch = self._fetch_for(kid, begun_before)
        deadline = self._clock() + FETCH_TIME
        while fetch and (left := min(fetch.begun_at + wait, deadline) - self._clock()) > 0:
            fetch.ended.wait(left)
            if key := self._held.usable(kid, self._clock()):
                return key
            fetch = self._fetch_for(kid, begun_before)
        return None

    def _fetch_for(self, kid: str, begun_before: int) -> _Fetch | None:
        """Return the fetch under way, or a new one if there is cause for it and none forbids it."""
        with self._lock:
            now = self._clock()
            overdue = self._fetch if self._fetch and now >= self._fetch.deadline else None
            if overdue:
                self._end(overdue, None)
            if self._fetch is None and self._begun == begun_before:
                self._begin_if_due(kid, now)
            fetch = self._fetch
        if overdue:
            self._log_failure(f"no answer after {FETCH_TIME:.0f} s, given up")
        return fetch

    def _begin_if_due(self, kid: str, now: float) -> None:
        if self._held.is_due(now):
            if now >= self._retry_at:
                self._begin(now)
        elif self._held.usable(kid, now) is None and now >= self._unknown_kid_retry_at:
            self._unknown_kid_retry_at = now + UNKNOWN_KID_INTERVAL
            self._begin(now)

    def _begin(self, now: float) -> None:
        self._fetch = fetch = _Fetch(now)
        self._begun += 1
        thread = threading.Thread(target=self._run, args=(fetch,), name="auth0-keys", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left
            self._end(fetch, None)
            self._log_failure(str(error))

    def _run(self, fetch: _Fetch) -> None:
        held, reason, before = None, "", self._held.keys.keys()
        try:
            held = _Held(fetch_keys(self._url), self._clock())
        except Exception as error:  # whatever it is, waiting requests must learn that it failed
            reason = f"{type(error).__name__}: {error}"
        with self._lock:
            if fetch is not self._fetch:  # it was given up before, and logged then
                return
            self._end(fetch, held)
        if held is None:
            self._log_failure(reason)
        else:
            _log.info("Fetched %d signing keys from %s", len(held.keys), self._url)
            if before and before != held.keys.keys():
                new, gone = sorted(held.keys.keys() - before), sorted(before - held.keys.keys())
                _log.info("The tenant's signing keys have changed: new %s, gone %s", new, gone)

    def _end(self, fetch: _Fetch, held: _Held | None) -> None:
        """Take in what the fetch under way has brought, or that it brought nothing."""
        self._fetch = None
        self._failed = held is None
        if held is None:
            self._retry_at = min(self._clock(), fetch.deadline) + RETRY_AFTER_FAILURE
        else:
            self._held = held
        fetch.ended.set()

    def _log_failure(self, reason: str) -> None:
        _log.warning("The signing keys could not be fetched from %s: %s", self._url, reason)

    def _seconds_to_next_fetch(self, now: float) -> int:
        """Whichever comes first: the next fetch for an unknown key ID, or for the time to live."""
        next_at = max(self._held.fetched_at + TIME_TO_LIVE, self._retry_at)
        if not self._held.is_due(now):
            next_at = min(next_at, self._unknown_kid_retry_at)
        return math.ceil(max(1.0, next_at - now))
