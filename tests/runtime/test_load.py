"""The key cache under load: 32 threads, a real tenant, real tokens, real time.

`pytest -q -rP tests/runtime/test_load.py` shows the figures. To test rules about minutes, only the
clock of the key cache jumps forward or runs faster for a while.
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

from ..support.clocks import RunningClock
from ..support.waiting import wait_for_fetches, wait_until

pytestmark = pytest.mark.slow

AUDIENCE = "https://api.test"
THREADS = 32
PAUSE = 0.05
"""Seconds between two requests of a thread in steady traffic: about 600 requests per second."""


@dataclass(frozen=True)
class TimedResponse:
    """The response to one request, and when the request began and ended by the keys' clock."""

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
        self.clock = RunningClock()
        self.failures = 0
        settings = {"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}
        self.app: Flask = importlib.import_module("messages_api").create_app(settings)

    def use_own_clock(self) -> None:
        """Start with an empty key cache, for which `clock` measures the age of the keys."""
        signing_keys = importlib.import_module("messages_api.auth.key_cache").SigningKeys
        verifier = importlib.import_module("messages_api.auth.tokens").TokenVerifier
        issuer = self.tenant.issuer
        keys = signing_keys(f"{issuer}.well-known/jwks.json", self.clock)
        self.app.extensions["auth0"] = verifier({issuer: keys}, AUDIENCE)

    @property
    def fetches(self) -> int:
        return int(self.tenant.requests["/.well-known/jwks.json"])

    def fail(self) -> None:
        """Make the tenant respond with status 500 from now on, and count that in `failures`."""

        def error() -> Response:
            self.failures += 1
            return Response(status=500)

        self.tenant.fault = error

    def recover(self) -> None:
        """Make the tenant respond properly, and let the clock run until the next fetch."""
        wait_for_fetches()
        asked = threading.Event()
        self.tenant.fault = asked.set
        self.clock.run_faster(self.clock() + 10, rate=20)
        assert asked.wait(10)
        wait_for_fetches()

    def token(self, **claims: object) -> str:
        return str(self.tenant.token(**claims))

    def made_up_token(self, number: int = 0) -> str:
        """A token with a key ID that the tenant never had."""
        header = {"alg": "RS256", "kid": f"made-up-{number}"}
        return str(self.tenant.signing_key.sign(header, {"iss": self.tenant.issuer}))

    def get_private(self, token: str | None) -> TimedResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        began, real = self.clock(), time.monotonic()
        response = self.app.test_client().get("/api/private", headers=headers)
        seconds, ended = time.monotonic() - real, self.clock()
        body: dict[str, str] = response.get_json()
        retry_after = int(response.headers.get("Retry-After", 0))
        return TimedResponse(token, began, ended, seconds, response.status_code, body, retry_after)


class TwoTokenTraffic:
    """Steady requests from all threads, half of them with one token, half with the other."""

    def __init__(self, service: Service, old: str, new: str) -> None:
        self.tokens = {"old": old, "new": new}
        self.responses: dict[str, list[TimedResponse]] = {"old": [], "new": []}
        self._service = service
        self._ended = threading.Event()
        kinds = [("old", "new")[number % 2] for number in range(THREADS)]
        self._threads = [threading.Thread(target=self._send, args=(kind,)) for kind in kinds]

    @property
    def all_responses(self) -> list[TimedResponse]:
        return self.responses["old"] + self.responses["new"]

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
            self.responses[kind].append(self._service.get_private(self.tokens[kind]))


def run_on_all_threads(work: Callable[[int], list[TimedResponse]]) -> list[TimedResponse]:
    """Run the work on all threads, starting at the same moment, and return all responses."""
    barrier = threading.Barrier(THREADS)

    def begin(number: int) -> list[TimedResponse]:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return [response for part in pool.map(begin, range(THREADS)) for response in part]


def distinct_statuses(responses: list[TimedResponse]) -> set[int]:
    return {one.status for one in responses}


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
def report_load(
    request: pytest.FixtureRequest,
    service: Service,
    record_property: Callable[[str, object], None],
) -> Callable[..., None]:
    """Report the number of requests and fetches, the longest request, and more."""

    def report_load(responses: list[TimedResponse], **more: object) -> None:
        longest = f"{max(one.seconds for one in responses) * 1000:.0f} ms"
        figures = {
            "requests": len(responses),
            "fetches": service.fetches,
            "longest": longest,
        } | more
        for name, value in figures.items():
            record_property(name, value)
        print(
            request.node.name, *(f"{name}: {value}" for name, value in figures.items()), sep="\n  "
        )

    return report_load


ReportLoad = Callable[..., None]


@pytest.mark.parametrize("seconds", [0, 0.5], ids=["fast tenant", "slow tenant"])
def test_cold_start_causes_one_fetch(
    service: Service, report_load: ReportLoad, seconds: float
) -> None:
    service.tenant.fault = lambda: time.sleep(seconds)
    token = service.token()

    responses = run_on_all_threads(lambda _: [service.get_private(token)])

    report_load(responses)
    assert distinct_statuses(responses) == {200}
    assert service.fetches == 1


def test_flood_of_unknown_key_ids_causes_one_fetch(
    service: Service, report_load: ReportLoad
) -> None:
    good, count = service.token(), 10 * THREADS
    made_up = [service.made_up_token(number) for number in range(count)]

    def send(number: int) -> list[TimedResponse]:
        return [
            service.get_private(token)
            for mine in made_up[number::THREADS]
            for token in (mine, good)
        ]

    responses = run_on_all_threads(send)

    report_load(responses)
    assert [one.status for one in responses].count(401) == count
    assert [one.status for one in responses].count(200) == count
    assert max(one.ended for one in responses) - min(one.began for one in responses) < 30
    assert service.fetches == 1 + 1


def test_key_rotated_soon_after_the_start_is_accepted(
    service: Service, report_load: ReportLoad
) -> None:
    service.use_own_clock()
    old = service.token()
    run_on_all_threads(lambda _: [service.get_private(old)])
    service.clock.jump(1)
    service.tenant.rotate()
    new = service.token()

    responses = run_on_all_threads(lambda number: [service.get_private(new if number % 2 else old)])

    report_load(responses)
    assert distinct_statuses(responses) == {200}
    assert service.fetches == 1 + 1


def test_rotation_under_traffic_loses_no_request(service: Service, report_load: ReportLoad) -> None:
    service.use_own_clock()
    clock, tenant = service.clock, service.tenant
    first = service.token()

    with TwoTokenTraffic(service, old=first, new=first) as traffic:
        time.sleep(0.2)
        tenant.rotate()
        traffic.tokens["new"] = second = service.token()
        assert service.get_private(second).status == 200
        assert service.fetches == 1 + 1

        clock.jump(30)  # since the last fetch for an unknown key ID
        assert service.get_private(service.made_up_token()).status == 401
        unknown_at = clock()
        assert service.fetches == 2 + 1
        tenant.rotate()
        traffic.tokens["new"] = third = service.token()
        clock.run_faster(unknown_at + 29.5, rate=100)
        wait_until(lambda: service.get_private(third).status == 200, "the new key is known")
        assert service.fetches == 3 + 1

        tenant.keys = tenant.keys[:-1]  # the first key leaves the JWKS
        time.sleep(0.2)
        still_fresh = clock()
        clock.jump(600)
        wait_until(lambda: traffic.responses["old"][-1].status == 401, "the old key is forgotten")

    newest = [one for one in traffic.responses["new"] if one.token == third]
    accepted = min(one.ended for one in newest if one.status == 200) - unknown_at
    report_load(traffic.all_responses, newest_key_accepted_after=f"{accepted:.1f} s of its clock")
    assert distinct_statuses([one for one in traffic.responses["new"] if one.token != third]) == {
        200
    }
    assert distinct_statuses([one for one in newest if one.began >= unknown_at + 30]) == {200}
    assert distinct_statuses(newest) == {401, 200}
    assert distinct_statuses([s for s in traffic.responses["old"] if s.ended < still_fresh]) == {
        200
    }
    assert distinct_statuses(traffic.responses["old"]) == {200, 401}
    assert service.fetches == 4 + 2  # at the end of the time to live, and for the key that is gone


def simulate_outage(service: Service, seconds: float, *, is_noticed: bool = True) -> int:
    """Make the tenant fail for so long by the clock; return the number of fetches meanwhile."""
    before = service.failures
    service.fail()
    service.clock.run_faster(service.clock() + seconds, rate=2400)
    if is_noticed:
        wait_until(lambda: service.failures > before, "a fetch fails")
    return service.failures - before


def test_outage_within_the_hour_loses_no_request(service: Service, report_load: ReportLoad) -> None:
    service.use_own_clock()
    token = service.token()
    service.get_private(token)

    with TwoTokenTraffic(service, old=token, new=token) as traffic:
        unnoticed = simulate_outage(service, 30, is_noticed=False)
        short = simulate_outage(service, 700)
        service.recover()
        long = simulate_outage(service, 3570)
        service.recover()

    report_load(traffic.all_responses, fetches_in_outages=(unnoticed, short, long))
    assert distinct_statuses(traffic.all_responses) == {200}
    assert unnoticed == 0
    assert 1 <= short <= (30 + 700 - 600) / 10 + 1  # each ten seconds at most
    assert 1 <= long <= (3570 - 600) / 10 + 1
    assert service.fetches - service.failures == 1 + 2


def test_outage_of_over_an_hour_causes_503_until_it_ends(
    service: Service, report_load: ReportLoad
) -> None:
    service.use_own_clock()
    clock, token = service.clock, service.token()
    earliest = clock()
    service.get_private(token)
    latest = clock()
    service.fail()

    with TwoTokenTraffic(service, old=token, new=token) as traffic:
        clock.run_faster(latest + 3599.5, rate=2400)
        time.sleep(1)
        fixed = clock()
        service.recover()
        wait_until(lambda: traffic.responses["old"][-1].status == 200, "the tenant is up again")
        recovered = clock()
        time.sleep(0.2)

    responses = traffic.all_responses
    rejected = [one for one in responses if one.status != 200]
    report_load(responses, rejected=len(rejected), fetches_in_outage=service.failures)
    assert distinct_statuses([one for one in responses if one.ended < earliest + 3600]) == {200}
    in_outage = [one for one in responses if latest + 3600 < one.began and one.ended < fixed]
    assert distinct_statuses(in_outage) == {503}
    assert {one.body["code"] for one in rejected} == {"keys_unavailable"}
    assert all(1 <= one.retry_after <= 10 for one in rejected)
    assert distinct_statuses([one for one in responses if one.began > recovered]) == {200}


@pytest.mark.parametrize("cause", ["time to live", "made-up key ID"])
def test_request_with_a_cached_key_does_not_wait(
    service: Service, report_load: ReportLoad, cause: str
) -> None:
    hold, opened = 1.0, threading.Event()
    service.use_own_clock()
    token = service.token()
    service.get_private(token)

    with ThreadPoolExecutor(4) as pool, TwoTokenTraffic(service, old=token, new=token) as traffic:
        service.tenant.fault = lambda: opened.wait(4) and None
        if cause == "time to live":
            service.clock.jump(600)
        others = [
            pool.submit(service.get_private, service.made_up_token(number)) for number in range(4)
        ]
        time.sleep(hold)
        held_back = service.fetches
        opened.set()
        kept_waiting = [other.result() for other in others]

    longest = max(one.seconds for one in traffic.all_responses)
    report_load(
        traffic.all_responses, held_back_for=f"{hold * 1000:.0f} ms", ratio=f"{longest / hold:.3f}"
    )
    assert distinct_statuses(traffic.all_responses) == {200}
    assert longest < hold / 2
    assert distinct_statuses(kept_waiting) == {401}
    assert min(one.seconds for one in kept_waiting) > hold / 2
    assert held_back == 1 + 1


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Makes Python switch threads ten times more often."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 10)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("frequent_switches")
def test_concurrent_requests_do_not_mix_up_tokens(
    service: Service, report_load: ReportLoad
) -> None:
    rounds = 40
    names = [[f"auth0|{thread}-{turn % 5}" for turn in range(rounds)] for thread in range(THREADS)]
    tokens = {name: service.token(user=name) for name in {n for mine in names for n in mine}}

    def send(number: int) -> list[TimedResponse]:
        return [service.get_private(token) for n in names[number] for token in (tokens[n], None)]

    responses = run_on_all_threads(send)

    report_load(responses)
    assert [one.body.get("sub") for one in responses[::2]] == [n for mine in names for n in mine]
    assert {one.body.get("code") for one in responses[1::2]} == {"authorization_header_missing"}
    assert service.fetches == 1
