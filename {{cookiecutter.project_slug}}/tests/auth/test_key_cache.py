"""When signing keys are fetched and how long they are used, with real HTTPS and a fake clock."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug import Response

from {{ cookiecutter.__package }}.auth import jwks, key_cache
from {{ cookiecutter.__package }}.auth.rejections import KeysUnavailable

from ..conftest import OwnTenant

RETRY, UNKNOWN = key_cache.RETRY_AFTER_FAILURE, key_cache.UNKNOWN_KID_INTERVAL


class World:
    """A key cache, its tenant, and a clock that only the test moves, in seconds."""

    def __init__(self, tenant: OwnTenant) -> None:
        self.tenant = tenant
        self.kid = tenant.signing_key.kid
        self.now = 1000.0
        self.keys = key_cache.SigningKeys(f"{tenant.issuer}.well-known/jwks.json", lambda: self.now)
        self.released = threading.Event()

    @property
    def fetches(self) -> int:
        return self.tenant.requests["/.well-known/jwks.json"]

    def hold(self) -> None:
        """Let the tenant respond only after `released` is set."""
        self.tenant.fault = lambda: None if self.released.wait(10) else Response(status=504)

    def retry_after(self, kid: str) -> int:
        with pytest.raises(KeysUnavailable) as rejection:
            self.keys.find(kid)
        return rejection.value.retry_after


@pytest.fixture
def world(own_tenant: OwnTenant, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own_tenant.ca_file))  # a whole bundle loads slowly
    world = World(own_tenant)
    yield world
    world.released.set()


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until another thread makes the condition true."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 s"
        time.sleep(0.002)


def test_warm_up_fetches_keys_once_without_waiting(world: World) -> None:
    assert (world.keys.age, world.fetches) == (None, 0)
    world.hold()

    world.keys.warm_up()
    world.keys.warm_up()
    world.released.set()

    eventually(lambda: world.keys.age == 0)
    assert world.keys.find(world.kid)
    assert world.fetches == 1


def test_keys_are_used_while_they_are_fetched_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    world.keys.find(world.kid)
    world.now += key_cache.TIME_TO_LIVE - 0.1
    assert world.keys.find(world.kid)
    assert world.fetches == 1

    world.hold()
    world.tenant.keys = [world.tenant.signing_key.jwk | {"kid": "new"}]
    world.now += 0.1
    assert world.keys.find(world.kid)
    world.released.set()

    eventually(lambda: world.keys.find(world.kid) is None)
    assert world.keys.find("new")
    assert f"changed: new ['new'], gone ['{world.kid}']" in caplog.text


def test_request_with_an_old_key_waits_for_the_refresh(world: World) -> None:
    world.keys.find(world.kid)
    world.tenant.rotate(keep_old=False)
    world.hold()
    world.now += key_cache.REVALIDATE_LIMIT

    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(world.keys.find, world.kid)
        eventually(lambda: world.fetches == 2)
        world.released.set()
        assert found.result() is None


def test_old_key_is_used_when_the_refresh_takes_a_second(world: World) -> None:
    world.keys.find(world.kid)
    world.hold()
    world.now += key_cache.REVALIDATE_LIMIT

    with ThreadPoolExecutor(1) as threads:
        threads.submit(world.keys.find, world.kid)
        eventually(lambda: world.fetches == 2)
        world.now += key_cache.SHORT_WAIT
        assert world.keys.find(world.kid)
        world.released.set()


def test_keys_bridge_an_outage_up_to_the_stale_limit(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.keys.find(world.kid)
    world.tenant.fault = lambda: Response(status=500)

    world.now += key_cache.STALE_LIMIT - 0.1
    assert world.keys.find(world.kid)
    assert "the response has status 500, not 200" in caplog.text
    assert world.keys.find(world.kid)
    world.now += 0.1
    assert world.keys.age is None
    assert world.retry_after(world.kid) == RETRY
    assert world.fetches == 2

    world.tenant.fault = lambda: None
    world.now += RETRY
    assert world.keys.find(world.kid)


def test_fetch_is_repeated_sooner_while_there_are_no_keys(world: World) -> None:
    world.tenant.fault = lambda: Response(status=500)

    for fetches, seconds in enumerate((1, 2, 4, 8, RETRY, RETRY), start=1):
        assert world.retry_after(world.kid) == seconds
        world.now += seconds - 0.1
        assert world.retry_after(world.kid) == 1
        assert world.fetches == fetches
        world.now += 0.1

    world.tenant.fault = lambda: None
    assert world.keys.find(world.kid)


def test_unknown_key_ids_cause_few_fetches(world: World) -> None:
    world.keys.find(world.kid)

    for seconds, fetches in ((0, 2), (UNKNOWN - 0.1, 2), (0.1, 3)):
        world.now += seconds
        assert [world.keys.find(f"made-up-{number}") for number in range(9)] == [None] * 9
        assert world.fetches == fetches


def test_rotated_key_is_found_as_soon_as_the_tenant_responds(world: World) -> None:
    world.keys.find(world.kid)
    world.tenant.keys = [world.tenant.signing_key.jwk | {"kid": "new"}]
    world.tenant.fault = lambda: Response(status=500)
    assert world.retry_after("new") == UNKNOWN
    assert world.keys.find(world.kid)

    world.tenant.fault = lambda: None
    world.now += UNKNOWN - 0.1
    assert world.retry_after("new") == 1
    world.now += 0.1
    assert world.keys.find("new")


def test_few_requests_wait_long_for_a_slow_tenant(world: World) -> None:
    world.hold()
    with ThreadPoolExecutor(key_cache.MAX_LONG_WAITS + 4) as threads:
        found = [threads.submit(world.keys.find, world.kid)]
        eventually(lambda: world.fetches == 1)
        world.now += key_cache.SHORT_WAIT
        waiting = range(key_cache.MAX_LONG_WAITS + 3)
        found += [threads.submit(world.keys.find, world.kid) for _ in waiting]
        eventually(lambda: sum(future.done() for future in found) == 4)
        world.released.set()

    rejections = [error for future in found if (error := future.exception())]
    assert [type(error) for error in rejections] == [KeysUnavailable] * 4


def test_fetch_that_does_not_end_is_given_up(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.hold()
    world.keys.warm_up()
    eventually(lambda: world.fetches == 1)
    world.now += jwks.FETCH_TIME + 0.5

    assert world.retry_after(world.kid) == 1
    assert world.fetches == 1
    world.released.set()
    eventually(lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()))
    assert caplog.text.count("given up") == 1
    assert world.keys.age is None


def test_thread_that_cannot_start_is_a_failed_fetch(world: World) -> None:
    usual = threading.stack_size(2**46)  # more than there is, so that no thread can start
    try:
        assert world.retry_after(world.kid) == 1
    finally:
        threading.stack_size(usual)

    world.now += 1
    assert world.keys.find(world.kid)
