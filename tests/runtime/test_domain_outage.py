"""Two domains, each with its own keys: what happens at one does not affect tokens of the other."""

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
    LONG_WAITS,
    STALE_LIMIT,
    TIME_TO_LIVE,
    UNKNOWN_KID_INTERVAL,
    SigningKeys,
)
from messages_api.auth.request_token import EXTENSION
from werkzeug import Response
from werkzeug.test import TestResponse

from ..support.api import AUDIENCE, responding
from ..support.traffic import eventually


class Clock:
    """A clock that only the test advances, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def up(own_tenant: Tenant) -> Tenant:
    """The tenant behind the first domain, which always responds."""
    return own_tenant


@pytest.fixture
def down(other_tenant: Tenant) -> Tenant:
    """The tenant behind the second domain, which a test takes down."""
    return other_tenant


@pytest.fixture
def client(up: Tenant, down: Tenant, clock: Clock) -> FlaskClient:
    return make_client(up, down, clock)


def make_client(up: Tenant, down: Tenant, clock: Callable[[], float]) -> FlaskClient:
    """An API that trusts both domains and has not fetched any keys yet."""
    domains = f"{up.domain},{down.domain}"
    app = create_app({"AUTH0_DOMAIN": domains, "AUTH0_AUDIENCE": AUDIENCE})
    app.extensions[EXTENSION].issuers = {
        issuer: SigningKeys(f"{issuer}.well-known/jwks.json", clock)
        for issuer in app.extensions[EXTENSION].issuers
    }
    app.add_url_rule("/show", "show", requires_auth(responding("shown")))
    return app.test_client()


def send(client: FlaskClient, token: str) -> TestResponse:
    return client.get("/show", headers={"Authorization": f"Bearer {token}"})


def status(client: FlaskClient, token: str) -> int:
    return send(client, token).status_code


def fail(tenant: Tenant) -> None:
    tenant.fault = lambda: Response(status=500)


def recover(tenant: Tenant) -> None:
    tenant.fault = lambda: None


def fetches(tenant: Tenant) -> int:
    return tenant.requests["/.well-known/jwks.json"]


def wait_for_fetches() -> None:
    """Wait until no fetch is running."""
    eventually(
        lambda: all(thread.name != "auth0-keys" for thread in threading.enumerate()),
        "no fetch is running",
    )


def test_rotation_is_noticed_while_the_other_domain_is_down(
    client: FlaskClient, up: Tenant, down: Tenant, clock: Clock
) -> None:
    fail(down)
    old = up.token()
    assert (status(client, old), status(client, down.token())) == (200, 503)

    up.rotate()
    assert (status(client, up.token()), status(client, old)) == (200, 200)
    up.keys = [up.signing_key.jwk]  # the old key is revoked
    clock.now += TIME_TO_LIVE
    assert status(client, up.token()) == 200
    wait_for_fetches()

    assert (status(client, up.token()), status(client, old)) == (200, 401)
    assert status(client, down.token()) == 503
    recover(down)
    clock.now += 10
    assert (status(client, up.token()), status(client, down.token())) == (200, 200)


def test_api_recovers_when_a_stopped_domain_is_back(
    up: Tenant, down: Tenant, client: FlaskClient, clock: Clock
) -> None:
    token = down.token()

    down.__exit__()
    rejected, accepted = send(client, token), status(client, up.token())
    down.__enter__()
    clock.now += int(rejected.headers["Retry-After"])

    assert (rejected.status_code, accepted) == (503, 200)
    assert rejected.json is not None
    assert rejected.json["code"] == "keys_unavailable"
    assert (status(client, token), status(client, up.token())) == (200, 200)


def test_cached_keys_bridge_an_outage_of_their_domain_only(
    client: FlaskClient, up: Tenant, down: Tenant, clock: Clock
) -> None:
    assert (status(client, up.token()), status(client, down.token())) == (200, 200)
    fail(down)

    clock.now += STALE_LIMIT - 1
    assert (status(client, up.token()), status(client, down.token())) == (200, 200)
    clock.now += 1
    assert (status(client, up.token()), status(client, down.token())) == (200, 503)
    ages = [keys.age for keys in signing_keys(client.application).values()]
    assert ages == [1, None]


def test_unresponsive_domain_does_not_delay_tokens_of_the_other(up: Tenant, down: Tenant) -> None:
    """Even those that wait for a fetch: a cold start, and a rotation."""
    client, responds = make_client(up, down, time.monotonic), threading.Event()
    down.fault = lambda: responds.wait(20) and None
    with ThreadPoolExecutor(LONG_WAITS) as pool:
        try:
            waiting = [pool.submit(status, client, down.token()) for _ in range(LONG_WAITS)]
            eventually(lambda: fetches(down) == 1, "the keys are being fetched")
            up.fault = lambda: time.sleep(1.2)  # longer than requests wait beyond LONG_WAITS
            cold = status(client, up.token())
            recover(up)
            up.rotate()
            rotated = status(client, up.token())
            done = sum(future.done() for future in waiting)
        finally:
            responds.set()

    assert (cold, rotated, done) == (200, 200, 0)
    assert [future.result() for future in waiting] == [200] * LONG_WAITS


def test_made_up_key_ids_at_one_domain_do_not_delay_a_rotation_at_the_other(
    client: FlaskClient, up: Tenant, down: Tenant, clock: Clock
) -> None:
    assert (status(client, up.token()), status(client, down.token())) == (200, 200)
    header = {"alg": "RS256", "kid": "made-up"}
    made_up = down.signing_key.sign(header, {"iss": down.issuer})
    assert [status(client, made_up) for _ in range(5)] == [401] * 5
    assert (fetches(up), fetches(down)) == (1, 2)

    clock.now += 1
    up.rotate()
    assert status(client, up.token()) == 200
    assert (fetches(up), fetches(down)) == (2, 2)
    clock.now += UNKNOWN_KID_INTERVAL
    assert status(client, made_up) == 401
    assert (fetches(up), fetches(down)) == (2, 3)
