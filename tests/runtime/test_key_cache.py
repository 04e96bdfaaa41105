"""When signing keys are fetched and how long they are used: real HTTPS, a clock of the test."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from local_auth0 import Tenant
from messages_api import create_app
from messages_api.auth import signing_keys
from messages_api.auth.jwks import FETCH_TIME
from messages_api.auth.key_cache import TIME_TO_LIVE, SigningKeys
from messages_api.auth.rejections import KeysUnavailable, Unauthenticated
from messages_api.auth.tokens import TokenVerifier
from werkzeug import Response

from ..support.api import AUDIENCE


class Clock:
    """A clock that only the test moves, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Gate:
    """Once shut, holds the tenant's responses back."""

    def __init__(self, tenant: Tenant) -> None:
        self._passes = threading.Semaphore(0)
        self._tenant = tenant

    def shut(self) -> None:
        self._tenant.fault = self._wait

    def let_one_through(self) -> None:
        self._passes.release()

    def open(self) -> None:
        self._passes.release(100)

    def _wait(self) -> None:
        self._passes.acquire(timeout=20)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(own_tenant: Tenant, clock: Clock) -> SigningKeys:
    return SigningKeys(f"{own_tenant.issuer}.well-known/jwks.json", clock)


@pytest.fixture
def gate(own_tenant: Tenant) -> Iterator[Gate]:
    gate = Gate(own_tenant)
    yield gate
    gate.open()


@pytest.fixture
def in_background() -> Iterator[Callable[..., Future[object]]]:
    """Call a function on another thread; the future has what it returns or raises."""
    with ThreadPoolExecutor(16) as pool:
        yield pool.submit


def fetches(tenant: Tenant) -> int:
    return tenant.requests["/.well-known/jwks.json"]


def fail(tenant: Tenant) -> None:
    tenant.fault = lambda: Response(status=500)


def recover(tenant: Tenant) -> None:
    tenant.fault = lambda: None


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings that were logged: whether INFO is on depends on other tests."""
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def logged(caplog: pytest.LogCaptureFixture, count: int) -> Callable[[], bool]:
    return lambda: len(warnings(caplog)) == count


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 s"
        time.sleep(0.005)


def test_nothing_is_fetched_before_the_first_token(own_tenant: Tenant, keys: SigningKeys) -> None:
    assert fetches(own_tenant) == 0

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert fetches(own_tenant) == 1


def test_warm_up_fetches_keys_before_the_first_token(own_tenant: Tenant) -> None:
    app = create_app({"AUTH0_DOMAIN": own_tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    keys = signing_keys(app)
    assert keys.age is None

    signing_keys(app).warm_up()
    eventually(lambda: keys.age is not None)
    signing_keys(app).warm_up()
    eventually(lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()))

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert fetches(own_tenant) == 1


def test_keys_have_an_age_up_to_the_stale_limit(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(own_tenant.signing_key.kid)

    clock.now += 3599
    assert keys.age == 3599
    clock.now += 1
    assert keys.age is None


def test_requests_at_a_cold_start_share_one_fetch(
    own_tenant: Tenant, keys: SigningKeys, gate: Gate, in_background: Callable[..., Future[object]]
) -> None:
    gate.shut()
    found = [in_background(keys.find, own_tenant.signing_key.kid) for _ in range(16)]
    eventually(lambda: fetches(own_tenant) == 1)
    gate.open()

    assert all(future.result() is not None for future in found)
    assert fetches(own_tenant) == 1


def test_keys_are_used_for_ten_minutes(own_tenant: Tenant, keys: SigningKeys, clock: Clock) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 599.9

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert keys.find("made-up") is None
    assert fetches(own_tenant) == 1 + 1  # the one for the made-up key ID


def test_no_request_waits_for_the_fetch_after_ten_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock, gate: Gate
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    gate.shut()
    clock.now += 600

    assert keys.find(old) is not None
    assert keys.find(old) is not None
    eventually(lambda: fetches(own_tenant) == 2)
    gate.open()
    eventually(lambda: keys.find(own_tenant.signing_key.kid) is not None)
    assert keys.find(old) is None


def test_no_request_waits_for_the_refresh_within_twenty_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock, gate: Gate
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    gate.shut()
    clock.now += 1199.9
    started = time.monotonic()

    assert keys.find(old) is not None
    assert time.monotonic() - started < 0.5


def test_revoked_key_of_an_idle_worker_is_rejected_after_twenty_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    clock.now += 1200

    assert keys.find(old) is None


@pytest.mark.parametrize("age", [1200, 3599])
def test_old_key_is_used_if_the_refresh_takes_longer_than_a_second(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock, gate: Gate, age: float
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    gate.shut()
    clock.now += age
    started = time.monotonic()

    assert keys.find(old) is not None
    assert time.monotonic() - started > 0.9
    gate.open()
    eventually(lambda: keys.find(old) is None)


def test_old_key_is_used_without_waiting_right_after_a_failure(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    kid = own_tenant.signing_key.kid
    keys.find(kid)
    fail(own_tenant)
    clock.now += 1200
    assert keys.find(kid) is not None
    clock.now += 9.9

    assert keys.find(kid) is not None
    assert fetches(own_tenant) == 2


def test_requests_with_old_keys_do_not_take_the_long_waits(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    gate.shut()
    clock.now += 1200
    for _ in range(8):
        in_background(keys.find, own_tenant.signing_key.kid)
    eventually(lambda: fetches(own_tenant) == 2)
    own_tenant.keys = [{**own_tenant.signing_key.jwk, "kid": "new"}]
    clock.now += 1

    new = in_background(keys.find, "new")
    time.sleep(0.05)  # until it waits, after those whose second is over
    assert not new.done()
    gate.open()
    assert new.result() is not None


def test_key_rotated_after_the_start_is_found_at_once(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 1
    own_tenant.rotate()

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert fetches(own_tenant) == 2


def test_accepted_token_is_rejected_once_its_key_is_gone(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    verifier = TokenVerifier(own_tenant.issuer, AUDIENCE, keys)
    of_the_old_key = own_tenant.token()
    verifier.verify(of_the_old_key)
    own_tenant.rotate(keep_old=False)
    clock.now += 600
    verifier.verify(own_tenant.token())

    with pytest.raises(Unauthenticated, match="no signing key"):
        verifier.verify(of_the_old_key)


def test_unknown_key_ids_cause_one_fetch_in_thirty_seconds(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(own_tenant.signing_key.kid)

    for seconds in (0, 29.9, 0.1):
        clock.now += seconds
        assert [keys.find(f"made-up-{number}") for number in range(10)] == [None] * 10

    assert fetches(own_tenant) == 1 + 2


def test_rotated_key_is_found_right_after_a_refresh(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 600
    keys.find("made-up")
    clock.now += 1
    own_tenant.rotate()

    assert keys.find(own_tenant.signing_key.kid) is not None


def test_failed_fetch_for_an_unknown_key_id_counts_too(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    fail(own_tenant)

    for seconds, retry_after in ((0, 30), (12.5, 18), (17.4, 1)):
        clock.now += seconds
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find("made-up")
        assert rejection.value.retry_after == retry_after
        assert keys.find(own_tenant.signing_key.kid) is not None

    assert fetches(own_tenant) == 2
    recover(own_tenant)
    clock.now += 0.1
    assert keys.find("made-up") is None
    assert fetches(own_tenant) == 3


def test_failed_first_fetch_is_repeated_after_a_second(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    fail(own_tenant)

    for seconds in (0, 0.9):
        clock.now += seconds
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find(own_tenant.signing_key.kid)
        assert rejection.value.retry_after == 1

    assert fetches(own_tenant) == 1
    recover(own_tenant)
    clock.now += 0.1
    assert keys.find(own_tenant.signing_key.kid) is not None


def test_retries_without_keys_start_at_a_second_again_after_a_success(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    def retry_after() -> int:
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find("a kid")
        return rejection.value.retry_after

    fail(own_tenant)
    assert retry_after() == 1
    clock.now += 1
    assert retry_after() == 2
    clock.now += 2
    recover(own_tenant)
    keys.find(own_tenant.signing_key.kid)
    fail(own_tenant)
    clock.now += 3600

    assert retry_after() == 1


def test_cached_keys_bridge_an_outage_of_an_hour(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    kid = own_tenant.signing_key.kid
    keys.find(kid)
    fail(own_tenant)

    clock.now += 3599.9
    assert keys.find(kid) is not None
    eventually(lambda: fetches(own_tenant) == 2)
    clock.now += 0.1
    with pytest.raises(KeysUnavailable):
        keys.find(kid)

    recover(own_tenant)
    clock.now += 10
    assert keys.find(kid) is not None


def test_fetch_is_repeated_every_ten_seconds_in_an_outage(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    kid = own_tenant.signing_key.kid
    keys.find(kid)
    fail(own_tenant)

    for failures, seconds in enumerate((600, 10, 10), start=1):
        clock.now += seconds
        keys.find(kid)
        eventually(logged(caplog, failures))
        keys.find(kid)

    assert fetches(own_tenant) == 1 + 3
    assert set(warnings(caplog)) == {
        f"The signing keys could not be fetched from {own_tenant.issuer}.well-known/jwks.json:"
        " FetchError: the response has status 500, not 200"
    }


def test_fetch_that_does_not_end_is_given_up(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    kid = own_tenant.signing_key.kid
    gate.shut()
    first = in_background(keys.find, kid)
    eventually(lambda: fetches(own_tenant) == 1)

    clock.now += 9.9
    waiting = in_background(keys.find, kid)
    time.sleep(0.05)
    assert not waiting.done()

    clock.now += 0.6
    with pytest.raises(KeysUnavailable) as rejection:
        keys.find(kid)
    assert rejection.value.retry_after == 1  # a second after it should have ended
    with pytest.raises(KeysUnavailable):
        first.result()

    clock.now += 0.5
    second = in_background(keys.find, kid)
    eventually(lambda: fetches(own_tenant) == 2)
    gate.open()
    assert second.result() is not None


def test_fetch_that_ends_after_it_was_given_up_changes_nothing(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    gate.shut()
    first = in_background(keys.find, own_tenant.signing_key.kid)
    eventually(lambda: fetches(own_tenant) == 1)
    clock.now += 10
    with pytest.raises(KeysUnavailable):
        keys.find(own_tenant.signing_key.kid)

    gate.open()

    assert isinstance(first.exception(), KeysUnavailable)
    eventually(lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()))
    assert len([message for message in caplog.messages if "given up" in message]) == 1
    assert not [message for message in caplog.messages if "Fetched" in message]
    with pytest.raises(KeysUnavailable):
        keys.find(own_tenant.signing_key.kid)


def test_fetch_that_started_before_a_rotation_is_followed_by_another(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 600
    gate.shut()
    keys.find(own_tenant.signing_key.kid)
    eventually(lambda: fetches(own_tenant) == 2)
    found = in_background(keys.find, "the new key")
    time.sleep(0.05)  # until it waits for the fetch under way

    gate.let_one_through()
    eventually(lambda: fetches(own_tenant) == 3)
    own_tenant.keys = [{**own_tenant.signing_key.jwk, "kid": "the new key"}]
    gate.open()

    assert found.result() is not None


def test_request_waits_ten_seconds_at_most(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 600
    gate.shut()
    keys.find(own_tenant.signing_key.kid)
    found = in_background(keys.find, "made-up")
    eventually(lambda: fetches(own_tenant) == 2)
    time.sleep(0.05)  # until it waits for the fetch under way

    clock.now += 10
    gate.let_one_through()

    # That fetch did not bring the key; the next one is under way, and this request's time is up.
    assert isinstance(found.exception(timeout=2), KeysUnavailable)
    eventually(lambda: fetches(own_tenant) == 3)


def test_request_whose_key_was_fetched_does_not_wait_for_another_fetch(
    own_tenant: Tenant,
    keys: SigningKeys,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    gate.shut()
    good = [in_background(keys.find, own_tenant.signing_key.kid) for _ in range(8)]
    made_up = [in_background(keys.find, f"made-up-{number}") for number in range(8)]
    eventually(lambda: fetches(own_tenant) == 1)
    time.sleep(0.05)  # until all of them wait

    gate.let_one_through()

    assert all(future.result(timeout=2) is not None for future in good)
    gate.open()
    assert [future.result() for future in made_up] == [None] * 8


def test_retry_after_ends_with_the_time_to_live(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 585
    fail(own_tenant)

    with pytest.raises(KeysUnavailable) as rejection:
        keys.find("made-up")

    assert rejection.value.retry_after == 15


def test_time_to_live_starts_when_the_keys_arrive(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    gate.shut()
    first = in_background(keys.find, own_tenant.signing_key.kid)
    eventually(lambda: fetches(own_tenant) == 1)
    clock.now += 9
    gate.open()
    first.result()

    clock.now += 599
    assert keys.find(own_tenant.signing_key.kid) is not None
    assert keys.find("made-up") is None
    assert fetches(own_tenant) == 1 + 1  # the one for the made-up key ID


def test_system_without_threads_is_an_outage(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    usual = threading.stack_size(2**46)  # more than there is, so that no thread can start
    try:
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find(own_tenant.signing_key.kid)
    finally:
        threading.stack_size(usual)

    assert rejection.value.retry_after == 1
    assert warnings(caplog)[0].endswith("can't start new thread")
    clock.now += 1
    assert keys.find(own_tenant.signing_key.kid) is not None


def test_fetch_runs_on_a_daemon_thread_with_a_name(keys: SigningKeys, gate: Gate) -> None:
    before = threading.enumerate()
    gate.shut()

    keys.warm_up()

    started = [each for each in threading.enumerate() if each not in before]
    (thread,) = [each for each in started if each.name == "auth0-keys"]
    assert thread.daemon
    gate.open()
    thread.join(5)


def test_log_has_every_fetch_but_no_change_of_the_same_keys(
    own_tenant: Tenant, keys: SigningKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "messages_api.auth.key_cache")
    url = f"{own_tenant.issuer}.well-known/jwks.json"

    keys.find(own_tenant.signing_key.kid)
    clock.now += TIME_TO_LIVE
    keys.find(own_tenant.signing_key.kid)
    eventually(lambda: sum(url in each for each in caplog.messages) > 1)

    fetched = f"Fetched {len(own_tenant.keys)} signing keys from {url}"
    assert [each for each in caplog.messages if url in each or "changed" in each] == [fetched] * 2


def test_request_does_not_wait_for_a_response_after_ten_seconds(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    gate.shut()
    keys.warm_up()
    clock.now += FETCH_TIME - 0.05
    found = in_background(keys.find, own_tenant.signing_key.kid)
    time.sleep(0.1)  # it waits by now

    clock.now += 0.05

    with pytest.raises(KeysUnavailable):
        found.result(2)
