"""The fixtures of a rendered project while a user's test mocks HTTP or the time."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import freezegun
import pytest
import requests
import requests_mock
import responses
import time_machine
from local_auth0 import Tenant
from local_auth0.identity import SigningKey
from messages_api.auth import current_token, requires_auth

from ..support.api import Call, Mint, Serve

RATES = "https://rates.test/eur"
FROZEN = datetime.datetime(2031, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)

MoveTo = Callable[[datetime.datetime], Any]


@contextmanager
def mocked_by_responses() -> Iterator[None]:
    with responses.RequestsMock() as http_mock:
        http_mock.get(RATES, json={"usd": 2})
        yield


@contextmanager
def mocked_by_requests_mock() -> Iterator[None]:
    with requests_mock.Mocker() as http_mock:
        http_mock.get(RATES, json={"usd": 2})
        yield


MOCKS = {"responses": mocked_by_responses, "requests-mock": mocked_by_requests_mock}
CLOCKS: dict[str, Callable[[datetime.datetime], AbstractContextManager[Any]]] = {
    # Otherwise pytest would measure that the set-up took decades.
    "freezegun": lambda to: freezegun.freeze_time(to, ignore=["_pytest.timing"]),
    "time-machine": lambda to: time_machine.travel(to, tick=False),
}


@pytest.fixture(params=MOCKS)
def http_mock(request: pytest.FixtureRequest) -> Iterator[None]:
    """Mocks HTTP. As a test's first fixture, before the app exists."""
    with MOCKS[request.param]():
        yield


@pytest.fixture(params=CLOCKS)
def frozen_clock(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Freezes the clock, as early as `mock`; has a method `move_to`."""
    with CLOCKS[request.param](FROZEN) as frozen_clock:
        yield frozen_clock


def get_rate() -> dict[str, object]:
    """Return an exchange rate from another service."""
    rates = requests.get(RATES, timeout=5).json()
    return {"usd": rates["usd"], "for": current_token.subject}


@pytest.mark.usefixtures("http_mock")
def test_private_view_works_with_http_mocked_before_the_app_exists(
    serve: Serve, call: Call, token: Mint
) -> None:
    serve(requires_auth(get_rate))

    assert call("/show", token(sub="ann")).json == {"usd": 2, "for": "ann"}


@pytest.mark.parametrize("name", MOCKS)
def test_private_view_works_with_http_mocked_within_the_test(
    serve: Serve, call: Call, token: Mint, name: str
) -> None:
    serve(requires_auth(get_rate))

    with MOCKS[name]():
        response = call("/show", token(sub="ann"))

    assert response.json == {"usd": 2, "for": "ann"}


@pytest.mark.parametrize("name", MOCKS)
def test_token_of_an_unknown_key_is_rejected_with_http_mocked(
    call: Call, tenant: Tenant, name: str
) -> None:
    unknown = SigningKey()
    signed = unknown.sign({"alg": "RS256", "kid": unknown.kid}, {"iss": tenant.issuer})

    with MOCKS[name]():
        response = call("/api/private", signed)
        requests.get(RATES, timeout=5)  # `responses` requires a call

    assert response.status_code == 401


def test_age_of_a_token_follows_the_frozen_clock(
    frozen_clock: Any, call: Call, token: Mint
) -> None:
    of_today = token()

    assert call("/api/private", of_today).status_code == 200
    assert call("/api/private", token(exp=int(FROZEN.timestamp()) - 10)).status_code == 401
    frozen_clock.move_to(FROZEN + datetime.timedelta(hours=23))
    assert call("/api/private", of_today).status_code == 200
    frozen_clock.move_to(FROZEN + datetime.timedelta(hours=25))
    assert call("/api/private", of_today).json["code"] == "token_expired"  # type: ignore[index]
    frozen_clock.move_to(FROZEN - datetime.timedelta(hours=1))
    assert call("/api/private", of_today).json["code"] == "invalid_claims"  # type: ignore[index]


@pytest.mark.parametrize("name", CLOCKS)
def test_clock_is_frozen_within_the_test(call: Call, token: Mint, name: str) -> None:
    with CLOCKS[name](FROZEN):
        assert call("/api/private", token()).status_code == 200
        of_the_future = token()
    assert call("/api/private", token()).status_code == 200
    assert call("/api/private", of_the_future).status_code == 401


@pytest.mark.parametrize("name", MOCKS)
def test_clock_and_http_are_mocked_at_once(
    frozen_clock: Any,  # noqa: ARG001
    serve: Serve,
    call: Call,
    token: Mint,
    name: str,
) -> None:
    serve(requires_auth(get_rate))

    with MOCKS[name]():
        assert call("/show", token(sub="ann")).status_code == 200
