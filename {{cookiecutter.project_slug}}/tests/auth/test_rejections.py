"""The headers and the log line of a rejection, and which responses may be cached."""

import pickle
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import auth, create_app
from {{ cookiecutter.__package }}.auth import rejections
from {{ cookiecutter.__package }}.auth.rejections import Reason, Rejection

from ..conftest import Call, Mint, Serve, View, responding

REASONS = {name: each for name, each in vars(rejections).items() if isinstance(each, Reason)}


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_reason_has_a_description_and_a_hint_that_fit_a_header(reason: Reason) -> None:
    assert reason.hint
    assert reason.description.isascii()
    assert not set('"\\') & set(reason.description)


@pytest.mark.parametrize(
    ("policy", "missing", "scope"),
    [
        (auth.requires_scope("a", "b"), "INSUFFICIENT_SCOPE", ', scope="a b"'),
        (auth.requires_any_scope("a", "b"), "INSUFFICIENT_SCOPE", ', scope="a"'),
        (auth.requires_permission("a"), "INSUFFICIENT_PERMISSIONS", ""),
        (auth.requires_claim("org_id", "a"), "INSUFFICIENT_CLAIMS", ""),
    ],
    ids=["scopes", "any scope", "permission", "claim"],
)
def test_challenge_names_the_error_and_the_scopes_to_request(
    client: FlaskClient, token: Mint, serve: Serve, policy: View, missing: str, scope: str
) -> None:
    serve(policy(responding("")))
    headers = [{}, *({"Authorization": f"Bearer {each}"} for each in (token(exp=0), token()))]

    responses = [client.get("/show", headers=each) for each in headers]

    expired, insufficient = rejections.EXPIRED.description, REASONS[missing].description
    assert [response.headers["WWW-Authenticate"] for response in responses] == [
        f'Bearer realm="api"{scope}',
        f'Bearer realm="api", error="invalid_token", error_description="{expired}"',
        'Bearer realm="api", error="insufficient_scope",'
        f' error_description="{insufficient}"{scope}',
    ]


def test_unavailable_keys_affect_only_views_that_require_a_token(
    environ: dict[str, str], token: Mint
) -> None:
    app = create_app(environ | {"AUTH0_DOMAIN": "localhost:1"})
    app.add_url_rule("/closed", "closed", auth.requires_auth(responding("")))
    app.add_url_rule("/open", "open", auth.public(responding("")))
    sent = token(iss="https://localhost:1/")
    client, headers = app.test_client(), {"Authorization": f"Bearer {sent}"}

    response = client.get("/closed", headers=headers)

    assert response.status_code == 503
    assert "WWW-Authenticate" not in response.headers
    assert 1 <= int(response.headers["Retry-After"]) <= 10
    assert client.get("/open", headers=headers).status_code == 200


@pytest.mark.parametrize("is_debug", [False, True], ids=["production", "debug"])
def test_rejection_by_a_view_is_logged_with_a_hint_in_debug_mode(
    app: Flask, token: Mint, serve: Serve, caplog: pytest.LogCaptureFixture, is_debug: bool
) -> None:
    @auth.requires_auth
    def show() -> str:
        raise auth.Forbidden("not_your_message", "Only its author can read this message.")

    serve(show)
    app.debug = is_debug
    caplog.set_level("INFO")

    sent = token(act={"sub": "agent"})
    response = app.test_client().get("/show", headers={"Authorization": f"Bearer {sent}"})

    assert response.status_code == 403
    assert "WWW-Authenticate" not in response.headers
    (logged,) = (vars(line) for line in caplog.records if line.message == "Request rejected")
    assert (logged["code"], logged["client_id"]) == ("not_your_message", "local-client")
    assert logged["actor"] == "agent"
    assert ("description" in logged, "hint" in logged) == (is_debug, is_debug)


@pytest.mark.parametrize(
    "make_rejection",
    [
        lambda: auth.Forbidden("code", "Description."),
        lambda: rejections.KeysUnavailable(7),
        lambda: rejections.Unauthenticated(rejections.EXPIRED, kid="a"),
    ],
    ids=["forbidden", "keys unavailable", "unauthenticated"],
)
def test_rejection_has_one_response_and_one_line_in_the_log(
    app: Flask, make_rejection: Callable[[], Rejection], caplog: pytest.LogCaptureFixture
) -> None:
    rejection = make_rejection()
    caplog.set_level("INFO")

    with app.test_request_context():
        response = rejection.get_response()
        copy = pickle.loads(pickle.dumps(rejection))  # noqa: S301  # as a cache does
        of_the_copy = copy.get_response()
        assert rejection.data == response.json

    assert (of_the_copy.status_code, of_the_copy.data) == (response.status_code, response.data)
    assert of_the_copy.headers == response.headers
    assert [line.message for line in caplog.records] == ["Request rejected"] * 2


@pytest.mark.parametrize("claims", [{}, {"exp": 0}], ids=["valid", "expired"])
@pytest.mark.parametrize("policy", [auth.public, auth.requires_auth], ids=["public", "auth"])
def test_only_a_response_without_a_token_may_be_cached(
    client: FlaskClient, call: Call, token: Mint, serve: Serve, policy: View, claims: dict[str, int]
) -> None:
    serve(policy(lambda: ("", {"Cache-Control": "public, max-age=3600"})))

    assert call("/show", token(**claims)).headers["Cache-Control"] == "no-store"
    assert client.get("/show").headers.get("Cache-Control") != "no-store"
