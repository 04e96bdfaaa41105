"""A proof is accepted once: on one worker, in parallel, at every time and while memory is full."""

import importlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ...support.dpop.expected import (
    INVALID_PROOF,
    OK,
    Outcome,
    expected_challenges,
    read_challenges,
)
from ...support.dpop.keys import ec_key
from ...support.dpop.proofs import Build, Request, World, send
from ...support.dpop_api import PACKAGE, make_app
from ...support.hostile.case import ABSENT

pytestmark = pytest.mark.exhaustive

UNAVAILABLE = Outcome(503, "replay_check_unavailable")
REPLAY_LOGGER = f"{PACKAGE}.auth.dpop_replay"


@pytest.fixture(scope="module")
def app(package: Any, world: World) -> Flask:
    return make_app(package, world, "allowed")


def call(app: Flask, request: Request) -> TestResponse:
    return app.test_client().open(
        request.target, method=request.method, environ_overrides=request.environ
    )


def outcome(app: Flask, request: Request) -> Outcome:
    """Return the outcome of a request, whose challenges must be the expected ones."""
    response = call(app, request)
    body = response.json or {}
    result = Outcome(response.status_code, body.get("code", ""))
    if result.status == 401:
        result = replace(result, error=result.code)
    challenges = expected_challenges(result, "allowed", "DPoP", body.get("description", ""))
    assert read_challenges(response.headers) == challenges
    return result


def test_proof_is_accepted_once(app: Flask, world: World) -> None:
    request = send()(world)

    assert [outcome(app, request) for _ in range(3)] == [OK, INVALID_PROOF, INVALID_PROOF]


def test_proof_of_a_rejected_scope_is_used(app: Flask, world: World) -> None:
    request = send(target="/other-scope")(world)

    first, second = call(app, request), call(app, request)

    assert (first.status_code, second.status_code) == (403, 401)
    assert (second.json or {})["code"] == "invalid_dpop_proof"


def test_proof_with_an_anonymous_request_is_not_used(app: Flask, world: World) -> None:
    request = send(target="/optional")(world)

    anonymous = outcome(app, replace(request, authorization=None))

    assert [anonymous, outcome(app, request), outcome(app, request)] == [OK, OK, INVALID_PROOF]


@pytest.mark.parametrize(
    "again",
    [
        {"claims": {"iat": lambda _: int(time.time()) - 5}},
        {"claims": {"note": "another"}},
        {"token_claims": {"sub": "auth0|ann"}},
        {"method": "POST"},
        {"target": "/scoped"},
        {"header": {"kid": "a"}},
    ],
    ids=["another time", "another claim", "another token", "another method", "another path", "kid"],
)
def test_jti_of_one_key_is_accepted_once(app: Flask, world: World, again: dict[str, Any]) -> None:
    jti = {"jti": f"once {sorted(again)}{time.time()}"}
    claims = {**again.get("claims", {}), **jti}

    first = outcome(app, send(claims=jti)(world))
    second = outcome(app, send(**{**again, "claims": claims})(world))

    assert (first, second) == (OK, INVALID_PROOF)


def test_jti_of_another_key_is_another(app: Flask, world: World) -> None:
    keys = (world.ec, world.rsa, ec_key())

    outcomes = [outcome(app, send(claims={"jti": "shared"}, key=key)(world)) for key in keys]

    assert outcomes == [OK] * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "a "), ("a", "A"), ("a", "a\0"), ("é", "e\u0301"), ("1", "01"), ("x" * 199, "x" * 200)],
)
def test_similar_jtis_are_different(app: Flask, world: World, one: str, other: str) -> None:
    start = str(time.time())
    outcomes = [outcome(app, send(claims={"jti": start + jti})(world)) for jti in (one, other)]

    assert outcomes == [OK, OK]


@pytest.mark.parametrize(
    "fault",
    [
        send(claims={"jti": "kept", "htm": "POST"}),
        send(claims={"jti": "kept", "htu": "https://evil.test/"}),
        send(claims={"jti": "kept", "ath": "a"}),
        send(claims={"jti": "kept", "iat": 1}),
        send(claims={"jti": "kept"}, sign=lambda _: b"a" * 64),
        send(claims={"jti": "kept"}, token_claims={"exp": 1}),
        send(claims={"jti": "kept"}, bind="a"),
        send(claims={"jti": "kept"}, scheme="Bearer"),
    ],
    ids=["htm", "htu", "ath", "iat", "signature", "token", "binding", "scheme"],
)
def test_rejected_proof_does_not_use_up_its_jti(package: Any, world: World, fault: Build) -> None:
    app = make_app(package, world, "allowed")

    rejected = call(app, fault(world))
    good = [outcome(app, send(claims={"jti": "kept"})(world)) for _ in range(2)]

    assert rejected.status_code == 401
    assert good == [OK, INVALID_PROOF]


def test_proof_in_parallel_is_accepted_once(app: Flask, world: World) -> None:
    requests = [send()(world) for _ in range(30)]
    call(app, send()(world))  # the keys are there

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda each: call(app, each).status_code, requests * 6))

    assert (statuses.count(200), statuses.count(401)) == (30, 150)


class Clock:
    """An app, and the clock of its verifier."""

    def __init__(self, app: Flask) -> None:
        self.app, self.now = app, time.time()
        extension = importlib.import_module(f"{PACKAGE}.auth.request_token").EXTENSION
        self.verifier: Any = app.extensions[extension]
        self.verifier.clock = lambda: self.now


@pytest.fixture
def clock(package: Any, world: World) -> Clock:
    """The clock of an app of its own."""
    return Clock(make_app(package, world, "allowed"))


@pytest.mark.parametrize(
    ("age", "status"),
    [(300, 200), (300.001, 401), (-30, 200), (-30.001, 401), (0, 200), (299.999, 200)],
)
def test_age_is_limited_exactly(clock: Clock, world: World, age: float, status: int) -> None:
    clock.now = 1_900_000_000.5
    tokens = {"exp": 2_000_000_000, "iat": 1_800_000_000}

    request = send(claims={"iat": clock.now - age}, token_claims=tokens)(world)

    assert call(clock.app, request).status_code == status


@pytest.mark.parametrize("first", [-30, -29.5, 0, 100, 299.5])
@pytest.mark.parametrize("later", [0, 0.4, 1, 30, 60, 299, 300, 329.9, 330, 331, 600, 3_000])
def test_proof_is_not_accepted_later_either(
    clock: Clock, world: World, first: float, later: float
) -> None:
    issued = clock.now = 1_900_000_000.25
    tokens = {"exp": 2_000_000_000, "iat": 1_800_000_000}
    request = send(claims={"iat": issued}, token_claims=tokens)(world)

    clock.now = issued + first
    accepted = call(clock.app, request).status_code
    clock.now += later
    others = [send(claims={"iat": clock.now}, token_claims=tokens)(world) for _ in range(2)]
    statuses = [call(clock.app, each).status_code for each in (others[0], request, others[1])]

    assert (accepted, statuses) == (200, [200, 401, 200])


@pytest.fixture
def small(clock: Clock) -> Clock:
    """The clock of an app whose memory has room for five proofs."""
    clock.verifier.replays = importlib.import_module(REPLAY_LOGGER).MemoryReplays(5)
    return clock


def test_full_memory_accepts_no_proof(small: Clock, world: World) -> None:
    requests = [send()(world) for _ in range(8)]

    outcomes = [outcome(small.app, each) for each in requests]
    repeated = [outcome(small.app, each) for each in requests]

    assert outcomes == [OK] * 5 + [UNAVAILABLE] * 3
    assert repeated == [INVALID_PROOF] * 5 + [UNAVAILABLE] * 3


def test_full_memory_still_rejects_and_accepts_everything_else(small: Clock, world: World) -> None:
    for _ in range(5):
        call(small.app, send()(world))

    wrong = call(small.app, send(claims={"htm": "POST"})(world))
    plain = send(authorization=lambda token, _: f"Bearer {token}", cnf=ABSENT)(world)
    public = call(small.app, send(target="/open")(world))

    assert wrong.status_code == 401
    assert call(small.app, plain).status_code == 200
    assert public.status_code == 200


def test_expired_proofs_make_room(small: Clock, world: World) -> None:
    statuses = []
    for _ in range(3):
        for _ in range(6):
            request = send(claims={"iat": small.now})(world)
            statuses.append(call(small.app, request).status_code)
        small.now += 331

    assert statuses == [*[200] * 5, 503] * 3


def test_unavailable_check_can_be_retried(small: Clock, world: World) -> None:
    requests = [send(claims={"iat": small.now})(world) for _ in range(6)]
    for request in requests:
        response = call(small.app, request)

    assert response.status_code == 503
    assert response.headers["Retry-After"].isdigit()
    small.now += 299  # the last proof is still young, the memory still full
    assert outcome(small.app, requests[-1]) == UNAVAILABLE


def test_full_memory_is_logged_once_a_minute(
    small: Clock, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, now = importlib.import_module(REPLAY_LOGGER), [1_000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    logged = []
    with caplog.at_level(logging.INFO, REPLAY_LOGGER):
        for seconds in (0, 1, 30, 28, 2, 1, 57, 3):
            now[0] += seconds
            for _ in range(6):
                call(small.app, send()(world))
            logged.append(sum(each.name == REPLAY_LOGGER for each in caplog.records))

    assert logged == [1, 1, 1, 1, 2, 2, 2, 3]
