"""How long the tenant's keys are kept, and when they are asked for again. Real HTTPS, own clock."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug import Response

from {{ cookiecutter.__package }}.auth import signing_keys
from {{ cookiecutter.__package }}.auth.key_cache import (
    LONG_WAITS,
    SigningKeys,
)
from {{ cookiecutter.__package }}.auth.rejections import (
    KeysUnavailable,
    Unauthenticated,
)
from {{ cookiecutter.__package }}.auth.tokens import TokenVerifier

from .conftest import AUDIENCE
from local_auth0 import Tenant


class Clock:
    """A clock that is put forward by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Gate:
    """Keeps the tenant's answers back, once shut."""

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
def keys(tenant: Tenant, clock: Clock) -> SigningKeys:
    return SigningKeys(f"{tenant.issuer}.well-known/jwks.json", clock)


@pytest.fixture
def gate(tenant: Tenant) -> Iterator[Gate]:
    gate = Gate(tenant)
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


def mend(tenant: Tenant) -> None:
    tenant.fault = lambda: None


def logged(caplog: pytest.LogCaptureFixture, count: int) -> Callable[[], bool]:
    return lambda: len(caplog.messages) == count


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds that another thread brings about."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 5 s"
        time.sleep(0.005)


def test_nothing_is_fetched_before_the_first_token(tenant: Tenant, keys: SigningKeys) -> None:
    assert fetches(tenant) == 0

    assert keys.find(tenant.signing_key.kid) is not None
    assert fetches(tenant) == 1


def test_warm_keys_are_there_before_the_first_token(app: Flask, tenant: Tenant) -> None:
    keys = signing_keys(app)
    assert keys.age is None

    signing_keys(app).warm_up()
    eventually(lambda: keys.age is not None)
    signing_keys(app).warm_up()
    eventually(lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()))

    assert keys.find(tenant.signing_key.kid) is not None
    assert fetches(tenant) == 1


def test_keys_have_an_age_until_they_are_too_old(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(tenant.signing_key.kid)

    clock.now += 3599
    assert keys.age == 3599
    clock.now += 1
    assert keys.age is None


def test_many_requests_at_a_cold_start_share_one_fetch(
    tenant: Tenant, keys: SigningKeys, gate: Gate, in_background: Callable[..., Future[object]]
) -> None:
    gate.shut()
    found = [in_background(keys.find, tenant.signing_key.kid) for _ in range(16)]
    eventually(lambda: fetches(tenant) == 1)
    gate.open()

    assert all(future.result() is not None for future in found)
    assert fetches(tenant) == 1


def test_keys_are_kept_for_ten_minutes(tenant: Tenant, keys: SigningKeys, clock: Clock) -> None:
    keys.find(tenant.signing_key.kid)
    clock.now += 599.9

    assert keys.find(tenant.signing_key.kid) is not None
    assert keys.find("made-up") is None
    assert fetches(tenant) == 1 + 1  # the one for the made-up key ID


def test_after_ten_minutes_they_are_fetched_anew_and_nobody_waits(
    tenant: Tenant, keys: SigningKeys, clock: Clock, gate: Gate
) -> None:
    old = tenant.signing_key.kid
    keys.find(old)
    tenant.rotate(keep_old=False)
    gate.shut()
    clock.now += 600

    assert keys.find(old) is not None
    assert keys.find(old) is not None
    eventually(lambda: fetches(tenant) == 2)
    gate.open()
    eventually(lambda: keys.find(tenant.signing_key.kid) is not None)
    assert keys.find(old) is None


def test_after_a_quiet_time_a_revoked_key_is_taken_until_the_fetch_ends(
    tenant: Tenant, keys: SigningKeys, clock: Clock, gate: Gate
) -> None:
    old = tenant.signing_key.kid
    keys.find(old)
    tenant.rotate(keep_old=False)
    gate.shut()
    clock.now += 3599

    assert keys.find(old) is not None
    gate.open()
    eventually(lambda: keys.find(old) is None)


def test_a_key_rotated_just_after_the_start_is_found_at_once(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(tenant.signing_key.kid)
    clock.now += 1
    tenant.rotate()

    assert keys.find(tenant.signing_key.kid) is not None
    assert fetches(tenant) == 2


def test_a_token_taken_before_is_refused_once_its_key_is_gone(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    verifier = TokenVerifier(tenant.issuer, AUDIENCE, keys)
    of_the_old_key = tenant.token()
    verifier.verify(of_the_old_key)
    tenant.rotate(keep_old=False)
    clock.now += 600
    verifier.verify(tenant.token())

    with pytest.raises(Unauthenticated, match="no signing key"):
        verifier.verify(of_the_old_key)


def test_unknown_key_ids_reach_the_tenant_every_thirty_seconds_at_most(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(tenant.signing_key.kid)

    for seconds in (0, 29.9, 0.1):
        clock.now += seconds
        assert [keys.find(f"made-up-{number}") for number in range(10)] == [None] * 10

    assert fetches(tenant) == 1 + 2


def test_a_refresh_does_not_hold_up_a_rotated_key(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(tenant.signing_key.kid)
    clock.now += 600
    keys.find("made-up")
    clock.now += 1
    tenant.rotate()

    assert keys.find(tenant.signing_key.kid) is not None


def test_a_failed_fetch_for_an_unknown_key_id_counts_too(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(tenant.signing_key.kid)
    fail(tenant)

    for seconds, retry_after in ((0, 30), (12.5, 18), (17.4, 1)):
        clock.now += seconds
        with pytest.raises(KeysUnavailable) as refusal:
            keys.find("made-up")
        assert refusal.value.retry_after == retry_after
        assert keys.find(tenant.signing_key.kid) is not None

    assert fetches(tenant) == 2
    mend(tenant)
    clock.now += 0.1
    assert keys.find("made-up") is None
    assert fetches(tenant) == 3


def test_without_keys_the_next_fetch_is_ten_seconds_after_a_failed_one(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    fail(tenant)

    for seconds, retry_after in ((0, 10), (9.5, 1)):
        clock.now += seconds
        with pytest.raises(KeysUnavailable) as refusal:
            keys.find(tenant.signing_key.kid)
        assert refusal.value.retry_after == retry_after

    assert fetches(tenant) == 1
    mend(tenant)
    clock.now += 0.5
    assert keys.find(tenant.signing_key.kid) is not None


def test_keys_at_hand_bridge_an_outage_of_an_hour(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    kid = tenant.signing_key.kid
    keys.find(kid)
    fail(tenant)

    clock.now += 3599.9
    assert keys.find(kid) is not None
    eventually(lambda: fetches(tenant) == 2)
    clock.now += 0.1
    with pytest.raises(KeysUnavailable):
        keys.find(kid)

    mend(tenant)
    clock.now += 10
    assert keys.find(kid) is not None


def test_in_an_outage_the_tenant_is_asked_every_ten_seconds(
    tenant: Tenant, keys: SigningKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    kid = tenant.signing_key.kid
    keys.find(kid)
    fail(tenant)

    for failures, seconds in enumerate((600, 10, 10), start=1):
        clock.now += seconds
        keys.find(kid)
        eventually(logged(caplog, failures))
        keys.find(kid)

    assert fetches(tenant) == 1 + 3
    assert set(caplog.messages) == {
        f"The signing keys could not be fetched from {tenant.issuer}.well-known/jwks.json:"
        " FetchError: the response has status 500, not 200"
    }


def test_a_fetch_that_does_not_end_is_given_up(
    tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    kid = tenant.signing_key.kid
    gate.shut()
    first = in_background(keys.find, kid)
    eventually(lambda: fetches(tenant) == 1)

    clock.now += 9.9
    waiting = in_background(keys.find, kid)
    time.sleep(0.05)
    assert not waiting.done()

    clock.now += 3.1
    with pytest.raises(KeysUnavailable) as refusal:
        keys.find(kid)
    assert refusal.value.retry_after == 7  # ten seconds after it should have ended
    with pytest.raises(KeysUnavailable):
        first.result()

    clock.now += 7
    second = in_background(keys.find, kid)
    eventually(lambda: fetches(tenant) == 2)
    gate.open()
    assert second.result() is not None


def test_a_fetch_given_up_changes_nothing_when_it_ends_after_all(
    tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    gate.shut()
    first = in_background(keys.find, tenant.signing_key.kid)
    eventually(lambda: fetches(tenant) == 1)
    clock.now += 10
    with pytest.raises(KeysUnavailable):
        keys.find(tenant.signing_key.kid)

    gate.open()

    assert isinstance(first.exception(), KeysUnavailable)
    eventually(lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()))
    assert len([message for message in caplog.messages if "given up" in message]) == 1
    assert not [message for message in caplog.messages if "Fetched" in message]
    with pytest.raises(KeysUnavailable):
        keys.find(tenant.signing_key.kid)


def test_a_fetch_begun_before_the_rotation_is_not_the_last_word(
    tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    keys.find(tenant.signing_key.kid)
    clock.now += 600
    gate.shut()
    keys.find(tenant.signing_key.kid)
    eventually(lambda: fetches(tenant) == 2)
    asked = in_background(keys.find, "the new key")
    time.sleep(0.05)  # until it waits for the fetch under way

    gate.let_one_through()
    eventually(lambda: fetches(tenant) == 3)
    tenant.keys = [{**tenant.signing_key.jwk, "kid": "the new key"}]
    gate.open()

    assert asked.result() is not None


def test_a_request_waits_ten_seconds_at_most(
    tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    keys.find(tenant.signing_key.kid)
    clock.now += 600
    gate.shut()
    keys.find(tenant.signing_key.kid)
    asked = in_background(keys.find, "made-up")
    eventually(lambda: fetches(tenant) == 2)
    time.sleep(0.05)  # until it waits for the fetch under way

    clock.now += 10
    gate.let_one_through()

    # That fetch did not bring the key; the next one is under way, and this request's time is up.
    assert isinstance(asked.exception(timeout=2), KeysUnavailable)
    eventually(lambda: fetches(tenant) == 3)


def test_few_requests_wait_on_for_a_slow_tenant(
    tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    kid = tenant.signing_key.kid
    gate.shut()
    asked = [in_background(keys.find, kid)]
    eventually(lambda: fetches(tenant) == 1)

    clock.now += 1
    asked += [in_background(keys.find, kid) for _ in range(LONG_WAITS + 3)]
    eventually(lambda: sum(future.done() for future in asked) == 4)
    gate.open()

    refused = [future.exception() for future in asked]
    assert [type(error) for error in refused if error] == [KeysUnavailable] * 4
    assert len(refused) == LONG_WAITS + 4


def test_response_that_is_not_json_is_logged_as_a_failure(
    tenant: Tenant, keys: SigningKeys, caplog: pytest.LogCaptureFixture
) -> None:
    tenant.fault = lambda: Response("<html>")

    keys.warm_up()

    eventually(lambda: "could not be fetched" in caplog.text)


def test_a_request_whose_key_has_come_does_not_wait_for_another_fetch(
    tenant: Tenant,
    keys: SigningKeys,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    gate.shut()
    good = [in_background(keys.find, tenant.signing_key.kid) for _ in range(8)]
    made_up = [in_background(keys.find, f"made-up-{number}") for number in range(8)]
    eventually(lambda: fetches(tenant) == 1)
    time.sleep(0.05)  # until all of them wait

    gate.let_one_through()

    assert all(future.result(timeout=2) is not None for future in good)
    gate.open()
    assert [future.result() for future in made_up] == [None] * 8


def test_a_system_without_threads_is_an_outage_and_passes(
    tenant: Tenant, keys: SigningKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    usual = threading.stack_size(2**46)  # more than there is, so that no thread can start
    try:
        with pytest.raises(KeysUnavailable) as refusal:
            keys.find(tenant.signing_key.kid)
    finally:
        threading.stack_size(usual)

    assert refusal.value.retry_after == 10
    assert caplog.messages[0].endswith("can't start new thread")
    clock.now += 10
    assert keys.find(tenant.signing_key.kid) is not None


def test_the_next_fetch_may_be_the_one_at_the_end_of_the_time_to_live(
    tenant: Tenant, keys: SigningKeys, clock: Clock
) -> None:
    keys.find(tenant.signing_key.kid)
    clock.now += 585
    fail(tenant)

    with pytest.raises(KeysUnavailable) as refusal:
        keys.find("made-up")

    assert refusal.value.retry_after == 15


def test_the_time_to_live_begins_as_the_keys_come(
    tenant: Tenant,
    keys: SigningKeys,
    clock: Clock,
    gate: Gate,
    in_background: Callable[..., Future[object]],
) -> None:
    gate.shut()
    first = in_background(keys.find, tenant.signing_key.kid)
    eventually(lambda: fetches(tenant) == 1)
    clock.now += 9
    gate.open()
    first.result()

    clock.now += 599
    assert keys.find(tenant.signing_key.kid) is not None
    assert keys.find("made-up") is None
    assert fetches(tenant) == 1 + 1  # the one for the made-up key ID
