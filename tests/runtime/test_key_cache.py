"""When signing keys are fetched and how long they are used: real HTTPS, a clock set by the test."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest
from flask import request
from local_auth0 import Tenant
from messages_api import create_app
from messages_api.auth import signing_keys
from messages_api.auth.jwks import FETCH_TIME
from messages_api.auth.key_cache import MAX_LONG_WAITS, SHORT_WAIT, TIME_TO_LIVE, SigningKeys
from messages_api.auth.rejections import KeysUnavailable, Unauthenticated
from messages_api.auth.tokens import TokenVerifier
from werkzeug import Response

from ..support.api import AUDIENCE
from ..support.clocks import ManualClock
from ..support.tenants import break_tenant, count_fetches, restore_tenant
from ..support.waiting import wait_for_fetches, wait_until

wait_for_thread = partial(wait_until, what="another thread has acted", seconds=5)
"""Wait until another thread makes a condition true."""


class DelayedResponses:
    """Delays the tenant's responses until the test releases them."""

    def __init__(self, tenant: Tenant) -> None:
        self._releases = threading.Semaphore(0)
        self._tenant = tenant

    def hold(self) -> None:
        self._tenant.fault = self._wait

    def release_one(self) -> None:
        self._releases.release()

    def release_all(self) -> None:
        self._releases.release(100)

    def _wait(self) -> None:
        self._releases.acquire(timeout=20)


@pytest.fixture
def keys(own_tenant: Tenant, clock: ManualClock) -> SigningKeys:
    return SigningKeys(f"{own_tenant.issuer}.well-known/jwks.json", clock)


@pytest.fixture
def delayed_responses(own_tenant: Tenant) -> Iterator[DelayedResponses]:
    delayed_responses = DelayedResponses(own_tenant)
    yield delayed_responses
    delayed_responses.release_all()


@pytest.fixture
def run_in_background() -> Iterator[Callable[..., Future[object]]]:
    """Calls a function on another thread. The future has the result or the exception."""
    with ThreadPoolExecutor(16) as pool:
        yield pool.submit


def logged_warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages of warnings and errors: whether INFO is logged depends on other tests."""
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def has_warnings(caplog: pytest.LogCaptureFixture, count: int) -> Callable[[], bool]:
    return lambda: len(logged_warnings(caplog)) == count


def test_nothing_is_fetched_before_the_first_token(own_tenant: Tenant, keys: SigningKeys) -> None:
    assert count_fetches(own_tenant) == 0

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert count_fetches(own_tenant) == 1


def test_warm_up_fetches_keys_before_the_first_token(own_tenant: Tenant) -> None:
    app = create_app({"AUTH0_DOMAIN": own_tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    keys = signing_keys(app)[own_tenant.domain]
    assert keys.age is None

    keys.warm_up()
    wait_for_thread(lambda: keys.age is not None)
    keys.warm_up()
    wait_for_fetches()

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert count_fetches(own_tenant) == 1


def test_keys_have_an_age_up_to_the_stale_limit(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)

    clock.now += 3599
    assert keys.age == 3599
    clock.now += 1
    assert keys.age is None


def test_requests_at_a_cold_start_share_one_fetch(
    own_tenant: Tenant,
    keys: SigningKeys,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    delayed_responses.hold()
    found = [run_in_background(keys.find, own_tenant.signing_key.kid) for _ in range(16)]
    wait_for_thread(lambda: count_fetches(own_tenant) == 1)
    delayed_responses.release_all()

    assert all(future.result() is not None for future in found)
    assert count_fetches(own_tenant) == 1


def test_keys_are_used_for_ten_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 599.9

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert keys.find("made-up") is None
    assert count_fetches(own_tenant) == 1 + 1  # the one for the made-up key ID


def test_no_request_waits_for_the_fetch_after_ten_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock, delayed_responses: DelayedResponses
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    delayed_responses.hold()
    clock.now += 600

    assert keys.find(old) is not None
    assert keys.find(old) is not None
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    delayed_responses.release_all()
    wait_for_thread(lambda: keys.find(own_tenant.signing_key.kid) is not None)
    assert keys.find(old) is None


def test_no_request_waits_for_the_refresh_within_twenty_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock, delayed_responses: DelayedResponses
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    delayed_responses.hold()
    clock.now += 1199.9
    started = time.monotonic()

    assert keys.find(old) is not None
    assert time.monotonic() - started < 0.5


def test_revoked_key_of_an_idle_worker_is_rejected_after_twenty_minutes(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    clock.now += 1200

    assert keys.find(old) is None


@pytest.mark.slow
@pytest.mark.parametrize("age", [1200, 3599])
def test_stale_key_is_used_if_refresh_takes_over_a_second(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    age: float,
) -> None:
    old = own_tenant.signing_key.kid
    keys.find(old)
    own_tenant.rotate(keep_old=False)
    delayed_responses.hold()
    clock.now += age
    started = time.monotonic()

    assert keys.find(old) is not None
    assert time.monotonic() - started > 0.9
    delayed_responses.release_all()
    wait_for_thread(lambda: keys.find(old) is None)


def test_stale_key_is_used_at_once_after_a_failure(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    kid = own_tenant.signing_key.kid
    keys.find(kid)
    break_tenant(own_tenant)
    clock.now += 1200
    assert keys.find(kid) is not None
    clock.now += 9.9

    assert keys.find(kid) is not None
    assert count_fetches(own_tenant) == 2


def test_requests_with_stale_keys_use_no_long_waits(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    delayed_responses.hold()
    clock.now += 1200
    for _ in range(8):
        run_in_background(keys.find, own_tenant.signing_key.kid)
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    own_tenant.keys = [{**own_tenant.signing_key.jwk, "kid": "new"}]
    clock.now += 1

    new = run_in_background(keys.find, "new")
    time.sleep(0.05)  # until it waits and the others have waited for their one second
    assert not new.done()
    delayed_responses.release_all()
    assert new.result() is not None


def test_rotated_key_is_found_at_once(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 1
    own_tenant.rotate()

    assert keys.find(own_tenant.signing_key.kid) is not None
    assert count_fetches(own_tenant) == 2


def test_accepted_token_is_rejected_after_its_key_is_gone(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    verifier = TokenVerifier({own_tenant.issuer: keys}, AUDIENCE)
    old_token = own_tenant.token()
    verifier.verify(old_token)
    own_tenant.rotate(keep_old=False)
    clock.now += 600
    verifier.verify(own_tenant.token())

    with pytest.raises(Unauthenticated, match="no signing key"):
        verifier.verify(old_token)


def test_each_issuer_has_its_own_keys(own_tenant: Tenant) -> None:
    one, other = (SigningKeys(f"https://{it}/.well-known/jwks.json") for it in own_tenant.domains)
    issuers = [f"https://{domain}/" for domain in own_tenant.domains]
    verifier = TokenVerifier(dict(zip(issuers, (one, other), strict=True)), AUDIENCE)

    for issuer in issuers:
        assert verifier.verify(own_tenant.token(iss=issuer)).verified["iss"] == issuer
    own_tenant.fault = lambda: None if request.host == own_tenant.domain else Response(status=503)
    own_tenant.rotate()

    assert verifier.verify(own_tenant.token(iss=issuers[0]))
    with pytest.raises(KeysUnavailable):
        verifier.verify(own_tenant.token(iss=issuers[1]))


def test_unknown_key_ids_cause_one_fetch_in_thirty_seconds(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)

    for seconds in (0, 29.9, 0.1):
        clock.now += seconds
        assert [keys.find(f"made-up-{number}") for number in range(10)] == [None] * 10

    assert count_fetches(own_tenant) == 1 + 2


def test_rotated_key_is_found_right_after_a_refresh(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 600
    keys.find("made-up")
    clock.now += 1
    own_tenant.rotate()

    assert keys.find(own_tenant.signing_key.kid) is not None


def test_failed_fetch_for_unknown_key_id_counts_towards_limit(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    break_tenant(own_tenant)

    for seconds, retry_after in ((0, 30), (12.5, 18), (17.4, 1)):
        clock.now += seconds
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find("made-up")
        assert rejection.value.retry_after == retry_after
        assert keys.find(own_tenant.signing_key.kid) is not None

    assert count_fetches(own_tenant) == 2
    restore_tenant(own_tenant)
    clock.now += 0.1
    assert keys.find("made-up") is None
    assert count_fetches(own_tenant) == 3


def test_failed_first_fetch_is_repeated_after_a_second(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    break_tenant(own_tenant)

    for seconds in (0, 0.9):
        clock.now += seconds
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find(own_tenant.signing_key.kid)
        assert rejection.value.retry_after == 1

    assert count_fetches(own_tenant) == 1
    restore_tenant(own_tenant)
    clock.now += 0.1
    assert keys.find(own_tenant.signing_key.kid) is not None


def test_retry_delay_is_reset_after_a_success(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    def retry_after() -> int:
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find("a kid")
        return rejection.value.retry_after

    break_tenant(own_tenant)
    assert retry_after() == 1
    clock.now += 1
    assert retry_after() == 2
    clock.now += 2
    restore_tenant(own_tenant)
    keys.find(own_tenant.signing_key.kid)
    break_tenant(own_tenant)
    clock.now += 3600

    assert retry_after() == 1


def test_cached_keys_are_used_for_an_hour_of_outage(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    kid = own_tenant.signing_key.kid
    keys.find(kid)
    break_tenant(own_tenant)

    clock.now += 3599.9
    assert keys.find(kid) is not None
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    clock.now += 0.1
    with pytest.raises(KeysUnavailable):
        keys.find(kid)

    restore_tenant(own_tenant)
    clock.now += 10
    assert keys.find(kid) is not None


def test_fetch_is_repeated_every_ten_seconds_in_an_outage(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    kid = own_tenant.signing_key.kid
    keys.find(kid)
    break_tenant(own_tenant)

    for failures, seconds in enumerate((600, 10, 10), start=1):
        clock.now += seconds
        keys.find(kid)
        wait_for_thread(has_warnings(caplog, failures))
        keys.find(kid)

    assert count_fetches(own_tenant) == 1 + 3
    assert set(logged_warnings(caplog)) == {
        f"The signing keys could not be fetched from {own_tenant.issuer}.well-known/jwks.json:"
        " FetchError: the response has status 500, not 200"
    }


def test_fetch_without_a_response_is_given_up(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    kid = own_tenant.signing_key.kid
    delayed_responses.hold()
    first = run_in_background(keys.find, kid)
    wait_for_thread(lambda: count_fetches(own_tenant) == 1)

    clock.now += 9.9
    waiting = run_in_background(keys.find, kid)
    time.sleep(0.05)
    assert not waiting.done()

    clock.now += 0.6
    with pytest.raises(KeysUnavailable) as rejection:
        keys.find(kid)
    assert rejection.value.retry_after == 1  # one second after the fetch timed out
    with pytest.raises(KeysUnavailable):
        first.result()

    clock.now += 0.5
    second = run_in_background(keys.find, kid)
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    delayed_responses.release_all()
    assert second.result() is not None


def test_late_response_to_a_given_up_fetch_is_ignored(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    delayed_responses.hold()
    first = run_in_background(keys.find, own_tenant.signing_key.kid)
    wait_for_thread(lambda: count_fetches(own_tenant) == 1)
    clock.now += 10
    with pytest.raises(KeysUnavailable):
        keys.find(own_tenant.signing_key.kid)

    delayed_responses.release_all()

    assert isinstance(first.exception(), KeysUnavailable)
    wait_for_fetches()
    assert len([message for message in caplog.messages if "given up" in message]) == 1
    assert not [message for message in caplog.messages if "Fetched" in message]
    with pytest.raises(KeysUnavailable):
        keys.find(own_tenant.signing_key.kid)


def test_fetch_that_started_before_a_rotation_is_followed_by_another(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 600
    delayed_responses.hold()
    keys.find(own_tenant.signing_key.kid)
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    found = run_in_background(keys.find, "the new key")
    time.sleep(0.05)  # until it waits for the running fetch

    delayed_responses.release_one()
    wait_for_thread(lambda: count_fetches(own_tenant) == 3)
    own_tenant.keys = [{**own_tenant.signing_key.jwk, "kid": "the new key"}]
    delayed_responses.release_all()

    assert found.result() is not None


def test_request_waits_ten_seconds_at_most(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 600
    delayed_responses.hold()
    keys.find(own_tenant.signing_key.kid)
    found = run_in_background(keys.find, "made-up")
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    time.sleep(0.05)  # until it waits for the running fetch

    clock.now += 10
    delayed_responses.release_one()

    # That fetch did not return the key. The next one is running, but this request has timed out.
    assert isinstance(found.exception(timeout=2), KeysUnavailable)
    wait_for_thread(lambda: count_fetches(own_tenant) == 3)


def test_request_with_fetched_key_does_not_wait_for_next_fetch(
    own_tenant: Tenant,
    keys: SigningKeys,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    delayed_responses.hold()
    valid = [run_in_background(keys.find, own_tenant.signing_key.kid) for _ in range(8)]
    made_up = [run_in_background(keys.find, f"made-up-{number}") for number in range(8)]
    wait_for_thread(lambda: count_fetches(own_tenant) == 1)
    time.sleep(0.05)  # until all of them wait

    delayed_responses.release_one()

    assert all(future.result(timeout=2) is not None for future in valid)
    delayed_responses.release_all()
    assert [future.result() for future in made_up] == [None] * 8


def test_retry_after_ends_with_the_time_to_live(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock
) -> None:
    keys.find(own_tenant.signing_key.kid)
    clock.now += 585
    break_tenant(own_tenant)

    with pytest.raises(KeysUnavailable) as rejection:
        keys.find("made-up")

    assert rejection.value.retry_after == 15


def test_retry_after_is_a_second_while_a_fetch_runs(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    keys.find(own_tenant.signing_key.kid)
    delayed_responses.hold()
    waiting = [
        run_in_background(keys.find, f"made-up-{number}") for number in range(MAX_LONG_WAITS)
    ]
    wait_for_thread(lambda: count_fetches(own_tenant) == 2)
    time.sleep(0.05)  # until all of them wait
    clock.now += SHORT_WAIT

    with pytest.raises(KeysUnavailable) as rejection:
        keys.find("made-up")

    assert rejection.value.retry_after == 1
    delayed_responses.release_all()
    assert [future.result() for future in waiting] == [None] * MAX_LONG_WAITS


def test_time_to_live_starts_when_the_keys_arrive(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    delayed_responses.hold()
    first = run_in_background(keys.find, own_tenant.signing_key.kid)
    wait_for_thread(lambda: count_fetches(own_tenant) == 1)
    clock.now += 9
    delayed_responses.release_all()
    first.result()

    clock.now += 599
    assert keys.find(own_tenant.signing_key.kid) is not None
    assert keys.find("made-up") is None
    assert count_fetches(own_tenant) == 1 + 1  # the one for the made-up key ID


def test_fetch_whose_thread_cannot_start_is_an_outage(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    usual = threading.stack_size(2**46)  # more than any machine's memory: no thread can start
    try:
        with pytest.raises(KeysUnavailable) as rejection:
            keys.find(own_tenant.signing_key.kid)
    finally:
        threading.stack_size(usual)

    assert rejection.value.retry_after == 1
    assert logged_warnings(caplog)[0].endswith("can't start new thread")
    clock.now += 1
    assert keys.find(own_tenant.signing_key.kid) is not None


def test_fetch_runs_on_a_named_daemon_thread(
    keys: SigningKeys, delayed_responses: DelayedResponses
) -> None:
    before = threading.enumerate()
    delayed_responses.hold()

    keys.warm_up()

    started = [each for each in threading.enumerate() if each not in before]
    (thread,) = [each for each in started if each.name == "auth0-keys"]
    assert thread.daemon
    delayed_responses.release_all()
    thread.join(5)


def test_log_has_every_fetch_and_no_change_of_unchanged_keys(
    own_tenant: Tenant, keys: SigningKeys, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "messages_api.auth.key_cache")
    url = f"{own_tenant.issuer}.well-known/jwks.json"

    keys.find(own_tenant.signing_key.kid)
    clock.now += TIME_TO_LIVE
    keys.find(own_tenant.signing_key.kid)
    wait_for_thread(lambda: sum(url in each for each in caplog.messages) > 1)

    fetched = f"Fetched {len(own_tenant.keys)} signing keys from {url}"
    assert [each for each in caplog.messages if url in each or "changed" in each] == [fetched] * 2


@pytest.mark.parametrize("removed", [[], ["the old key"]], ids=["added", "replaced"])
def test_log_names_keys_that_have_changed(
    own_tenant: Tenant,
    keys: SigningKeys,
    caplog: pytest.LogCaptureFixture,
    removed: list[str],
) -> None:
    caplog.set_level("INFO", "messages_api.auth.key_cache")
    kid, jwk = own_tenant.signing_key.kid, own_tenant.signing_key.jwk
    own_tenant.keys = [jwk, *({**jwk, "kid": each} for each in removed)]
    keys.find(kid)
    own_tenant.keys = [jwk, {**jwk, "kid": "the new key"}]

    keys.find("the new key")

    changed = f"The tenant's signing keys have changed: new ['the new key'], gone {removed}"
    assert [each for each in caplog.messages if "changed" in each] == [changed]


def test_request_does_not_wait_for_a_response_after_ten_seconds(
    own_tenant: Tenant,
    keys: SigningKeys,
    clock: ManualClock,
    delayed_responses: DelayedResponses,
    run_in_background: Callable[..., Future[object]],
) -> None:
    delayed_responses.hold()
    keys.warm_up()
    clock.now += FETCH_TIME - 0.05
    found = run_in_background(keys.find, own_tenant.signing_key.kid)
    time.sleep(0.1)  # it waits by now

    clock.now += 0.05

    with pytest.raises(KeysUnavailable):
        found.result(2)
