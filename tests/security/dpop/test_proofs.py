"""The API against proofs of possession (DPoP): each request gets exactly the expected response."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from ...support.dpop import GROUPS
from ...support.dpop.expected import (
    INSUFFICIENT_SCOPE,
    INVALID_PROOF,
    MISSING,
    NO_TOKEN,
    OK,
    Case,
    Outcome,
    expected_challenges,
    read_challenges,
)
from ...support.dpop.keys import ec_key
from ...support.dpop.proofs import Build, Request, World, send
from ...support.dpop.schemes import BEARER, PLAIN_BEARER
from ...support.dpop.urls import PREFIXED
from ...support.dpop_api import make_app

pytestmark = pytest.mark.exhaustive

CASES = [(f"{group}: {case.name}", case) for group, cases in GROUPS.items() for case in cases]
MODES = ("allowed", "required")

LEAK = 12
"""A response must not repeat this many consecutive characters of a token or a proof."""


@pytest.fixture(scope="module")
def apps(package: Any, world: World) -> dict[str, Flask]:
    return {mode: make_app(package, world, mode) for mode in MODES}


def call(app: Flask, request: Request) -> TestResponse:
    return app.test_client().open(
        request.target, method=request.method, environ_overrides=request.environ
    )


def outcome_of(case: Case, mode: str) -> Outcome:
    """Return the outcome; if DPoP is required, the scheme Bearer is as unknown as any other."""
    is_bearer = case in (*BEARER, *PLAIN_BEARER)
    return NO_TOKEN if mode == "required" and is_bearer else case.outcome


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_request_gets_the_expected_response(
    apps: dict[str, Flask], world: World, case: Case
) -> None:
    for mode, app in apps.items():
        request, outcome = case.build(world), outcome_of(case, mode)

        response = call(app, request)

        assert (response.status_code, code_of(response)) == (outcome.status, outcome.code), (
            f"{mode}: {response.get_data(as_text=True)}"
        )
        assert read_challenges(response.headers) == expected_challenges(
            outcome, mode, case.uses, description_of(response)
        )
        assert leaks(response, request) == []


def code_of(response: TestResponse) -> str:
    """Return the code of a rejection; an empty string for a 200."""
    return "" if response.status_code == 200 else member_of(response, "code")


def description_of(response: TestResponse) -> str:
    return member_of(response, "description")


def member_of(response: TestResponse, name: str) -> str:
    return str((response.json or {}).get(name, ""))


def leaks(response: TestResponse, request: Request) -> list[str]:
    """Return the parts of the token's and the proof's segments that the response repeats."""
    sent = f"{request.authorization} {request.proof}"
    segments = "\n".join(re.split(r"[. ,]", sent))
    text = f"{response.headers}\n{response.get_data(as_text=True)}"
    windows = {text[start : start + LEAK] for start in range(len(text) - LEAK + 1)}
    return sorted(window for window in windows if "\n" not in window and window in segments)


@pytest.mark.parametrize(("url", "target", "htu", "outcome"), PREFIXED)
def test_url_of_a_proof_starts_with_the_public_url(
    package: Any, world: World, url: str, target: str, htu: str, outcome: Outcome
) -> None:
    app = make_app(package, world, "required", PUBLIC_URL=url)

    response = call(app, send(target=target, url=htu)(world))

    assert (response.status_code, code_of(response)) == (outcome.status, outcome.code)


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "evil.test"},
        {"HTTP_X_FORWARDED_HOST": "evil.test", "HTTP_X_FORWARDED_PROTO": "http"},
        {"HTTP_X_FORWARDED_PREFIX": "/v1", "HTTP_FORWARDED": "host=evil.test;proto=http"},
        {"SERVER_NAME": "evil.test", "SERVER_PORT": "80", "wsgi.url_scheme": "http"},
        {"HTTP_X_ORIGINAL_URL": "/files/a", "HTTP_X_HTTP_METHOD_OVERRIDE": "POST"},
    ],
    ids=lambda headers: "-".join(headers),
)
def test_headers_do_not_change_the_url_of_a_request(
    apps: dict[str, Flask], world: World, headers: dict[str, str]
) -> None:
    statuses = []
    for url in (
        "https://api.test/private",
        "https://evil.test/private",
        "http://evil.test/private",
    ):
        request = send(url=url)(world)
        response = (
            apps["required"]
            .test_client()
            .get(request.target, environ_overrides=request.environ | headers)
        )
        statuses.append(response.status_code)

    assert statuses == [200, 401, 401]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 401), ("head", 401)])
def test_proof_for_get_is_not_one_for_head(
    apps: dict[str, Flask], world: World, method: str, status: int
) -> None:
    for app in apps.values():
        response = call(app, send(claims={"htm": method}, method="HEAD")(world))

        assert response.status_code == status


@pytest.mark.parametrize("missing", [("RAW_URI",), ("REQUEST_URI",), ("RAW_URI", "REQUEST_URI")])
@pytest.mark.parametrize(
    ("target", "htu", "status"),
    [
        ("/private", "https://api.test/private", 200),
        ("/files/a%20b", "https://api.test/files/a%20b", 200),
        ("/files/%C3%A9?a=b", "https://api.test/files/%c3%a9", 200),
        ("/files/a%25b", "https://api.test/files/a%25b", 200),
        ("/files/a%3Fb", "https://api.test/files/a%3Fb", 200),
        ("/files/a%3Fb", "https://api.test/files/a", 401),
        ("/files/a%2541", "https://api.test/files/a%41", 401),
    ],
)
def test_request_without_its_raw_target_is_known_by_its_path(
    apps: dict[str, Flask],
    world: World,
    missing: tuple[str, ...],
    target: str,
    htu: str,
    status: int,
) -> None:
    app, request = apps["required"], send(target=target, url=htu)(world)

    def without(environ: dict[str, Any], start: Any) -> Any:
        return app({k: v for k, v in environ.items() if k not in missing}, start)

    response = Client(without).get(target, environ_overrides=request.environ)

    assert response.status_code == status


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("path", "build", "outcome", "scope"),
    [
        ("/scoped", send(target="/scoped"), OK, ""),
        (
            "/scoped",
            send(target="/scoped", authorization=lambda *_: None),
            MISSING,
            "read:messages",
        ),
        ("/scoped", send(target="/scoped", scheme="Basic"), NO_TOKEN, "read:messages"),
        ("/scoped", send(target="/scoped", proof=lambda *_: None), INVALID_PROOF, ""),
        ("/other-scope", send(target="/other-scope"), INSUFFICIENT_SCOPE, "write:messages"),
    ],
    ids=["accepted", "missing", "another scheme", "no proof", "insufficient scope"],
)
def test_challenges_name_the_scope(
    apps: dict[str, Flask],
    world: World,
    mode: str,
    path: str,
    build: Build,
    outcome: Outcome,
    scope: str,
) -> None:
    request = build(world)
    assert request.target == path

    response = call(apps[mode], request)

    assert (response.status_code, code_of(response)) == (outcome.status, outcome.code)
    assert read_challenges(response.headers) == expected_challenges(
        outcome, mode, "DPoP", description_of(response), scope
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("path", "build", "status", "subject"),
    [
        ("/open", send(target="/open"), 200, None),
        ("/open", send(target="/open", proof=lambda *_: "a"), 200, None),
        ("/optional", send(target="/optional"), 200, "local-client@clients"),
        ("/optional", send(target="/optional", authorization=lambda *_: None), 200, None),
        ("/optional", send(target="/optional", proof=lambda *_: None), 401, None),
        ("/optional", send(target="/optional", proof=lambda *_: "a"), 401, None),
        ("/optional", send(target="/optional", claims={"htm": "POST"}), 401, None),
    ],
)
def test_open_endpoints_judge_a_proof_only_with_a_token(
    apps: dict[str, Flask],
    world: World,
    mode: str,
    path: str,
    build: Build,
    status: int,
    subject: str | None,
) -> None:
    request = build(world)
    assert request.target == path

    response = call(apps[mode], request)

    assert response.status_code == status
    assert (response.json or {}).get("sub") == subject


def test_key_is_built_only_for_a_proof_that_is_otherwise_valid(
    apps: dict[str, Flask], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of an attacker's choice costs no verification."""
    app, groups = apps["required"], ("binding", "typ", "htm", "htu different", "iat", "jti", "ath")
    cases = [case for group in groups for case in GROUPS[group] if case.outcome == INVALID_PROOF]
    valid = call(app, send()(world))

    def construct(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("jose.jwk.construct", construct)
    rejected = {call(app, case.build(replace(world, ec=ec_key()))).status_code for case in cases}
    built = call(app, send(key=ec_key())(world))

    assert (valid.status_code, rejected, built.status_code) == (200, {401}, 500)


def test_corpus_is_large_and_has_unique_names() -> None:
    names = [name for name, _ in CASES]

    assert len(names) >= 600
    assert sorted(set(names)) == sorted(names)
