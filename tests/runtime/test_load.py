"""The tenant's keys under load: 32 threads, a real tenant, real tokens, real time.

`pytest -q -rP tests/runtime/test_load.py` shows the figures. Where the rules name minutes, the clock
of the keys, and no other, jumps forward or runs faster for a while.
"""

import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from flask import Flask
from werkzeug import Response

from ..support.traffic import eventually

pytestmark = pytest.mark.slow

AUDIENCE = "https://api.test"
THREADS = 32
PAUSE = 0.05
"""Seconds between two requests of a thread in steady traffic, which is some 600 a second in all."""


class Clock:
    """Real time in seconds, which can jump forward or run faster for a while."""

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

    def hurry(self, until: float, rate: float) -> None:
        """Run so many times faster up to a reading, and wait for it."""
        real = time.monotonic()
        reading = self._at(real)
        self._course = (real, reading, until - reading, rate)
        time.sleep((until - reading) / rate)


@dataclass(frozen=True)
class Seen:
    """One request: when it began and ended by the keys' clock, and its response."""

    token: str | None
    began: float
    ended: float
    seconds: float  # of real time
    status: int
    body: dict[str, str]
    retry_after: int


class Service:
    """The rendered API with its stand-in tenant."""

    def __init__(self, tenant: Any) -> None:
        self.tenant = tenant
        self.clock = Clock()
        self.failures = 0
        settings = {"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}
        self.app: Flask = importlib.import_module("messages_api").create_app(settings)

    def keep_keys_by_clock(self) -> None:
        """Replace the keys, not fetched yet, with ones whose ages `clock` measures."""
        signing_keys = importlib.import_module("messages_api.auth.key_cache").SigningKeys
        verifier = importlib.import_module("messages_api.auth.tokens").TokenVerifier
        issuer = self.tenant.issuer
        keys = signing_keys(f"{issuer}.well-known/jwks.json", self.clock)
        self.app.extensions["auth0"] = verifier({issuer: keys}, AUDIENCE)

    @property
    def fetches(self) -> int:
        return int(self.tenant.requests["/.well-known/jwks.json"])

    def fail(self) -> None:
        """Have the tenant respond with an error from now on, and count that in `failures`."""

        def error() -> Response:
            self.failures += 1
            return Response(status=500)

        self.tenant.fault = error

    def recover(self) -> None:
        """Have the tenant respond properly, and wait by the clock for the next fetch."""
        wait_for_fetches()
        asked = threading.Event()
        self.tenant.fault = asked.set
        self.clock.hurry(self.clock() + 10, rate=20)
        assert asked.wait(10)
        wait_for_fetches()

    def token(self, **claims: object) -> str:
        return str(self.tenant.token(**claims))

    def made_up(self, number: int = 0) -> str:
        """A token with a key ID that the tenant never had."""
        header = {"alg": "RS256", "kid": f"made-up-{number}"}
        return str(self.tenant.signing_key.sign(header, {"iss": self.tenant.issuer}))

    def ask(self, token: str | None) -> Seen:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        began, real = self.clock(), time.monotonic()
        response = self.app.test_client().get("/api/private", headers=headers)
        seconds, ended = time.monotonic() - real, self.clock()
        body: dict[str, str] = response.get_json()
        retry_after = int(response.headers.get("Retry-After", 0))
        return Seen(token, began, ended, seconds, response.status_code, body, retry_after)


class Traffic:
    """Steady requests from all threads, half of them with one token, half with the other."""

    def __init__(self, service: Service, old: str, new: str) -> None:
        self.tokens = {"old": old, "new": new}
        self.seen: dict[str, list[Seen]] = {"old": [], "new": []}
        self._service = service
        self._ended = threading.Event()
        kinds = [("old", "new")[number % 2] for number in range(THREADS)]
        self._threads = [threading.Thread(target=self._send, args=(kind,)) for kind in kinds]

    @property
    def all_seen(self) -> list[Seen]:
        return self.seen["old"] + self.seen["new"]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self, kind: str) -> None:
        while not self._ended.wait(PAUSE):
            self.seen[kind].append(self._service.ask(self.tokens[kind]))


def at_once(work: Callable[[int], list[Seen]]) -> list[Seen]:
    """Start the work of all threads at the same moment."""
    barrier = threading.Barrier(THREADS)

    def begin(number: int) -> list[Seen]:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return [seen for part in pool.map(begin, range(THREADS)) for seen in part]


def wait_for_fetches() -> None:
    """Wait until no fetch is running."""
    eventually(
        lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()),
        "no fetch is running",
    )


def statuses(seen: list[Seen]) -> set[int]:
    return {one.status for one in seen}


@pytest.fixture(scope="module")
def tenant_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tenant") / "local_auth0"


@pytest.fixture
def service(
    api_folder: Path, tenant_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    assert str(api_folder) in sys.path
    with importlib.import_module("rendered_conftest").OwnTenant(tenant_folder) as tenant:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
        monkeypatch.setenv("NO_PROXY", "localhost")
        monkeypatch.setenv("no_proxy", "localhost")
        yield Service(tenant)


@pytest.fixture
def report(
    request: pytest.FixtureRequest,
    service: Service,
    record_property: Callable[[str, object], None],
) -> Callable[..., None]:
    """Report the number of requests and fetches, the longest request, and more."""

    def report(seen: list[Seen], **more: object) -> None:
        longest = f"{max(one.seconds for one in seen) * 1000:.0f} ms"
        figures = {"requests": len(seen), "fetches": service.fetches, "longest": longest} | more
        for name, value in figures.items():
            record_property(name, value)
        print(
            request.node.name, *(f"{name}: {value}" for name, value in figures.items()), sep="\n  "
        )

    return report


Report = Callable[..., None]


@pytest.mark.parametrize("seconds", [0, 0.5], ids=["fast tenant", "slow tenant"])
def test_cold_start_causes_one_fetch(service: Service, report: Report, seconds: float) -> None:
    service.tenant.fault = lambda: time.sleep(seconds)
    token = service.token()

    seen = at_once(lambda _: [service.ask(token)])

    report(seen)
    assert statuses(seen) == {200}
    assert service.fetches == 1


def test_flood_of_made_up_key_ids_causes_one_fetch(service: Service, report: Report) -> None:
    good, count = service.token(), 10 * THREADS
    made_up = [service.made_up(number) for number in range(count)]

    def send(number: int) -> list[Seen]:
        return [service.ask(token) for mine in made_up[number::THREADS] for token in (mine, good)]

    seen = at_once(send)

    report(seen)
    assert [one.status for one in seen].count(401) == count
    assert [one.status for one in seen].count(200) == count
    assert max(one.ended for one in seen) - min(one.began for one in seen) < 30
    assert service.fetches == 1 + 1


def test_key_rotated_soon_after_the_start_is_accepted(service: Service, report: Report) -> None:
    service.keep_keys_by_clock()
    old = service.token()
    at_once(lambda _: [service.ask(old)])
    service.clock.jump(1)
    service.tenant.rotate()
    new = service.token()

    seen = at_once(lambda number: [service.ask(new if number % 2 else old)])

    report(seen)
    assert statuses(seen) == {200}
    assert service.fetches == 1 + 1


def test_rotation_under_traffic_loses_no_request(service: Service, report: Report) -> None:
    service.keep_keys_by_clock()
    clock, tenant = service.clock, service.tenant
    first = service.token()

    with Traffic(service, old=first, new=first) as traffic:
        time.sleep(0.2)
        tenant.rotate()
        traffic.tokens["new"] = second = service.token()
        assert service.ask(second).status == 200
        assert service.fetches == 1 + 1

        clock.jump(30)  # since the last fetch for an unknown key ID
        assert service.ask(service.made_up()).status == 401
        unknown_at = clock()
        assert service.fetches == 2 + 1
        tenant.rotate()
        traffic.tokens["new"] = third = service.token()
        clock.hurry(unknown_at + 29.5, rate=100)
        eventually(lambda: service.ask(third).status == 200, "the new key is known")
        assert service.fetches == 3 + 1

        tenant.keys = tenant.keys[:-1]  # the first key leaves the JWKS
        time.sleep(0.2)
        still_fresh = clock()
        clock.jump(600)
        eventually(lambda: traffic.seen["old"][-1].status == 401, "the old key is forgotten")

    newest = [one for one in traffic.seen["new"] if one.token == third]
    accepted = min(one.ended for one in newest if one.status == 200) - unknown_at
    report(traffic.all_seen, newest_key_accepted_after=f"{accepted:.1f} s of its clock")
    assert statuses([one for one in traffic.seen["new"] if one.token != third]) == {200}
    assert statuses([one for one in newest if one.began >= unknown_at + 30]) == {200}
    assert statuses(newest) == {401, 200}
    assert statuses([s for s in traffic.seen["old"] if s.ended < still_fresh]) == {200}
    assert statuses(traffic.seen["old"]) == {200, 401}
    assert service.fetches == 4 + 2  # at the end of the time to live, and for the key that is gone


def outage(service: Service, seconds: float, *, is_noticed: bool = True) -> int:
    """Have the tenant fail for so long by the clock; return the number of fetches meanwhile."""
    before = service.failures
    service.fail()
    service.clock.hurry(service.clock() + seconds, rate=2400)
    if is_noticed:
        eventually(lambda: service.failures > before, "a fetch fails")
    return service.failures - before


def test_outage_within_the_hour_loses_no_request(service: Service, report: Report) -> None:
    service.keep_keys_by_clock()
    token = service.token()
    service.ask(token)

    with Traffic(service, old=token, new=token) as traffic:
        unnoticed = outage(service, 30, is_noticed=False)
        short = outage(service, 700)
        service.recover()
        long = outage(service, 3570)
        service.recover()

    report(traffic.all_seen, fetches_in_outages=(unnoticed, short, long))
    assert statuses(traffic.all_seen) == {200}
    assert unnoticed == 0
    assert 1 <= short <= (30 + 700 - 600) / 10 + 1  # each ten seconds at most
    assert 1 <= long <= (3570 - 600) / 10 + 1
    assert service.fetches - service.failures == 1 + 2


def test_outage_of_over_an_hour_leads_to_503_until_it_ends(
    service: Service, report: Report
) -> None:
    service.keep_keys_by_clock()
    clock, token = service.clock, service.token()
    earliest = clock()
    service.ask(token)
    latest = clock()
    service.fail()

    with Traffic(service, old=token, new=token) as traffic:
        clock.hurry(latest + 3599.5, rate=2400)
        time.sleep(1)
        fixed = clock()
        service.recover()
        eventually(lambda: traffic.seen["old"][-1].status == 200, "the tenant is up again")
        recovered = clock()
        time.sleep(0.2)

    seen = traffic.all_seen
    rejected = [one for one in seen if one.status != 200]
    report(seen, rejected=len(rejected), fetches_in_outage=service.failures)
    assert statuses([one for one in seen if one.ended < earliest + 3600]) == {200}
    in_outage = [one for one in seen if latest + 3600 < one.began and one.ended < fixed]
    assert statuses(in_outage) == {503}
    assert {one.body["code"] for one in rejected} == {"keys_unavailable"}
    assert all(1 <= one.retry_after <= 10 for one in rejected)
    assert statuses([one for one in seen if one.began > recovered]) == {200}


@pytest.mark.parametrize("cause", ["time to live", "made-up key ID"])
def test_request_with_a_cached_key_waits_for_no_fetch(
    service: Service, report: Report, cause: str
) -> None:
    hold, opened = 1.0, threading.Event()
    service.keep_keys_by_clock()
    token = service.token()
    service.ask(token)

    with ThreadPoolExecutor(4) as pool, Traffic(service, old=token, new=token) as traffic:
        service.tenant.fault = lambda: opened.wait(4) and None
        if cause == "time to live":
            service.clock.jump(600)
        others = [pool.submit(service.ask, service.made_up(number)) for number in range(4)]
        time.sleep(hold)
        held_back = service.fetches
        opened.set()
        kept_waiting = [other.result() for other in others]

    longest = max(one.seconds for one in traffic.all_seen)
    report(traffic.all_seen, held_back_for=f"{hold * 1000:.0f} ms", ratio=f"{longest / hold:.3f}")
    assert statuses(traffic.all_seen) == {200}
    assert longest < hold / 2
    assert statuses(kept_waiting) == {401}
    assert min(one.seconds for one in kept_waiting) > hold / 2
    assert held_back == 1 + 1


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Have Python switch threads ten times more often."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 10)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("frequent_switches")
def test_concurrent_requests_do_not_mix_up_tokens(service: Service, report: Report) -> None:
    rounds = 40
    names = [[f"auth0|{thread}-{turn % 5}" for turn in range(rounds)] for thread in range(THREADS)]
    tokens = {name: service.token(user=name) for name in {n for mine in names for n in mine}}

    def send(number: int) -> list[Seen]:
        return [service.ask(token) for n in names[number] for token in (tokens[n], None)]

    seen = at_once(send)

    report(seen)
    assert [one.body.get("sub") for one in seen[::2]] == [n for mine in names for n in mine]
    assert {one.body.get("code") for one in seen[1::2]} == {"authorization_header_missing"}
    assert service.fetches == 1
