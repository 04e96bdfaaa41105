"""Two domains, each with its own keys: an outage of one does not affect tokens of the other."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from local_auth0 import Tenant
from messages_api import create_app
from messages_api.auth import requires_auth, signing_keys
from messages_api.auth.key_cache import (
    MAX_LONG_WAITS,
    STALE_LIMIT,
    TIME_TO_LIVE,
    UNKNOWN_KID_INTERVAL,
    SigningKeys,
)
from messages_api.auth.request_token import EXTENSION
from werkzeug.test import TestResponse

from ..support.api import AUDIENCE, view_returning
from ..support.clocks import ManualClock
from ..support.tenants import break_tenant, count_fetches, restore_tenant
from ..support.waiting import wait_for_fetches, wait_until


@pytest.fixture
def working_tenant(own_tenant: Tenant) -> Tenant:
    """The tenant of the first domain, which always responds."""
    return own_tenant


@pytest.fixture
def failing_tenant(other_tenant: Tenant) -> Tenant:
    """The tenant of the second domain, which a test takes down."""
    return other_tenant


@pytest.fixture
def client(working_tenant: Tenant, failing_tenant: Tenant, clock: ManualClock) -> FlaskClient:
    return make_two_domain_client(working_tenant, failing_tenant, clock)


def make_two_domain_client(
    working_tenant: Tenant, failing_tenant: Tenant, clock: Callable[[], float]
) -> FlaskClient:
    """An API that trusts both domains and has not fetched any keys yet."""
    domains = f"{working_tenant.domain},{failing_tenant.domain}"
    app = create_app({"AUTH0_DOMAIN": domains, "AUTH0_AUDIENCE": AUDIENCE})
    app.extensions[EXTENSION].issuers = {
        issuer: SigningKeys(f"{issuer}.well-known/jwks.json", clock)
        for issuer in app.extensions[EXTENSION].issuers
    }
    app.add_url_rule("/show", "show", requires_auth(view_returning("shown")))
    return app.test_client()


def call_with_token(client: FlaskClient, token: str) -> TestResponse:
    return client.get("/show", headers={"Authorization": f"Bearer {token}"})


def call_status(client: FlaskClient, token: str) -> int:
    return call_with_token(client, token).status_code


def test_rotation_works_while_the_other_domain_is_down(
    client: FlaskClient, working_tenant: Tenant, failing_tenant: Tenant, clock: ManualClock
) -> None:
    break_tenant(failing_tenant)
    old = working_tenant.token()
    assert (call_status(client, old), call_status(client, failing_tenant.token())) == (200, 503)

    working_tenant.rotate()
    assert (call_status(client, working_tenant.token()), call_status(client, old)) == (200, 200)
    working_tenant.keys = [working_tenant.signing_key.jwk]  # the old key is revoked
    clock.now += TIME_TO_LIVE
    assert call_status(client, working_tenant.token()) == 200
    wait_for_fetches()

    assert (call_status(client, working_tenant.token()), call_status(client, old)) == (200, 401)
    assert call_status(client, failing_tenant.token()) == 503
    restore_tenant(failing_tenant)
    clock.now += 10
    assert (
        call_status(client, working_tenant.token()),
        call_status(client, failing_tenant.token()),
    ) == (200, 200)


def test_api_recovers_after_a_domain_restarts(
    working_tenant: Tenant, failing_tenant: Tenant, client: FlaskClient, clock: ManualClock
) -> None:
    token = failing_tenant.token()

    failing_tenant.__exit__()
    rejected, accepted = call_with_token(client, token), call_status(client, working_tenant.token())
    failing_tenant.__enter__()
    clock.now += int(rejected.headers["Retry-After"])

    assert (rejected.status_code, accepted) == (503, 200)
    assert rejected.json is not None
    assert rejected.json["code"] == "keys_unavailable"
    assert (call_status(client, token), call_status(client, working_tenant.token())) == (200, 200)


def test_cached_keys_are_used_in_an_outage_of_their_domain(
    client: FlaskClient, working_tenant: Tenant, failing_tenant: Tenant, clock: ManualClock
) -> None:
    assert (
        call_status(client, working_tenant.token()),
        call_status(client, failing_tenant.token()),
    ) == (200, 200)
    break_tenant(failing_tenant)

    clock.now += STALE_LIMIT - 1
    assert (
        call_status(client, working_tenant.token()),
        call_status(client, failing_tenant.token()),
    ) == (200, 200)
    clock.now += 1
    assert (
        call_status(client, working_tenant.token()),
        call_status(client, failing_tenant.token()),
    ) == (200, 503)
    ages = [keys.age for keys in signing_keys(client.application).values()]
    assert ages == [1, None]


def test_unresponsive_domain_does_not_delay_other_tokens(
    working_tenant: Tenant, failing_tenant: Tenant
) -> None:
    """Not even tokens that wait for a fetch, at a cold start or after a rotation."""
    client, responds = (
        make_two_domain_client(working_tenant, failing_tenant, time.monotonic),
        threading.Event(),
    )
    failing_tenant.fault = lambda: responds.wait(20) and None
    with ThreadPoolExecutor(MAX_LONG_WAITS) as pool:
        try:
            waiting = [
                pool.submit(call_status, client, failing_tenant.token())
                for _ in range(MAX_LONG_WAITS)
            ]
            wait_until(lambda: count_fetches(failing_tenant) == 1, "the keys are being fetched")
            working_tenant.fault = lambda: time.sleep(
                1.2
            )  # longer than requests wait beyond MAX_LONG_WAITS
            cold = call_status(client, working_tenant.token())
            restore_tenant(working_tenant)
            working_tenant.rotate()
            rotated = call_status(client, working_tenant.token())
            done = sum(future.done() for future in waiting)
        finally:
            responds.set()

    assert (cold, rotated, done) == (200, 200, 0)
    assert [future.result() for future in waiting] == [200] * MAX_LONG_WAITS


def test_unknown_key_ids_of_one_domain_do_not_delay_rotation_of_another(
    client: FlaskClient, working_tenant: Tenant, failing_tenant: Tenant, clock: ManualClock
) -> None:
    assert (
        call_status(client, working_tenant.token()),
        call_status(client, failing_tenant.token()),
    ) == (200, 200)
    header = {"alg": "RS256", "kid": "made-up"}
    made_up = failing_tenant.signing_key.sign(header, {"iss": failing_tenant.issuer})
    assert [call_status(client, made_up) for _ in range(5)] == [401] * 5
    assert (count_fetches(working_tenant), count_fetches(failing_tenant)) == (1, 2)

    clock.now += 1
    working_tenant.rotate()
    assert call_status(client, working_tenant.token()) == 200
    assert (count_fetches(working_tenant), count_fetches(failing_tenant)) == (2, 2)
    clock.now += UNKNOWN_KID_INTERVAL
    assert call_status(client, made_up) == 401
    assert (count_fetches(working_tenant), count_fetches(failing_tenant)) == (2, 3)
