"""The response to a rejected request, and its line in the log."""

import logging
import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from local_auth0 import Tenant
from messages_api import create_app
from messages_api.auth import (
    Forbidden,
    public,
    rejections,
    requires_auth,
    requires_scope,
)
from messages_api.auth.rejections import (
    Reason,
)

from ..support.api import Call, Mint, Serve, View, view_returning

REASONS = {name: each for name, each in vars(rejections).items() if isinstance(each, Reason)}


@pytest.fixture(params=["production", "testing", "debug"])
def mode(request: pytest.FixtureRequest, app: Flask) -> str:
    app.testing, app.debug = request.param == "testing", request.param == "debug"
    return str(request.param)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"exp": 0}, "EXPIRED", id="expired"),
        pytest.param({"aud": "https://other.test"}, "WRONG_AUDIENCE", id="audience"),
        pytest.param({"iss": "https://other.test/"}, "WRONG_ISSUER", id="issuer"),
        pytest.param({"sub": ""}, "NO_SUBJECT", id="another claim"),
    ],
)
def test_invalid_token_gets_code_description_and_challenge(
    call: Call, token: Mint, serve: Serve, show: View, claims: dict[str, object], reason: str
) -> None:
    serve(requires_auth(show))
    code, description = REASONS[reason].code, REASONS[reason].description

    response = call("/show", token(**claims))

    assert response.status_code == 401
    assert response.json == {"code": code, "description": description}
    assert response.headers.getlist("WWW-Authenticate") == [
        f'Bearer realm="api", error="invalid_token", error_description="{description}"'
    ]


def test_unavailable_keys_affect_only_guarded_endpoints(
    environ: dict[str, str], token: Mint
) -> None:
    app = create_app(environ | {"AUTH0_DOMAIN": "localhost:1"})
    app.add_url_rule("/closed", "closed", requires_auth(view_returning("")))
    app.add_url_rule("/open", "open", public(view_returning("")))
    sent = token(iss="https://localhost:1/")
    client, headers = app.test_client(), {"Authorization": f"Bearer {sent}"}

    response = client.get("/closed", headers=headers)

    assert response.status_code == 503
    assert response.json == {
        "code": "keys_unavailable",
        "description": "The signing keys are temporarily unavailable.",
    }
    assert "WWW-Authenticate" not in response.headers
    assert 1 <= int(response.headers["Retry-After"]) <= 10
    assert client.get("/open", headers=headers).status_code == 200


@pytest.mark.usefixtures("mode")
def test_view_can_reject_for_its_own_reason(
    call: Call, tenant: Tenant, token: Mint, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    @requires_auth
    def show() -> str:
        raise Forbidden("not_your_message", "Only its author can read this message.")

    serve(show)
    caplog.set_level(logging.INFO)

    response = call("/show", token(act={"sub": "agent"}))

    assert response.status_code == 403
    assert response.json == {
        "code": "not_your_message",
        "description": "Only its author can read this message.",
    }
    assert "WWW-Authenticate" not in response.headers
    (line,) = (line for line in caplog.records if line.message == "Request rejected")
    logged = vars(line)
    assert (logged["code"], logged["client_id"]) == ("not_your_message", "local-client")
    assert logged["kid"] == tenant.signing_key.kid
    (completed,) = (line for line in caplog.records if line.message == "Request completed")
    assert vars(completed)["actor"] == logged["actor"] == "agent"


def test_rejection_is_the_same_in_every_mode(
    app: Flask, client: FlaskClient, serve: Serve, show: View, mode: str
) -> None:
    app.config["TRAP_HTTP_EXCEPTIONS"] = True
    serve(requires_auth(show))

    response = client.get("/show")

    assert response.status_code == 401, mode
    assert response.get_data(as_text=True) == (
        '{"code": "authorization_header_missing", "description": "The Authorization header is'
        " missing: send 'Authorization: Bearer <access token>'.\"}\n"
    )


def test_rejection_has_its_body_as_data_and_logs_once(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rejection = Forbidden("code", "Description.")

    with app.test_request_context():
        response, data = rejection.get_response(), rejection.data

    assert data == response.json == {"code": "code", "description": "Description."}
    assert [line.message for line in caplog.records] == ["Request rejected"]


def test_log_has_a_hint_only_in_debug_mode(
    call: Call, serve: Serve, show: View, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    serve(requires_auth(show))
    caplog.set_level(logging.INFO)

    call("/show", "an-opaque-token")

    (line,) = (line for line in caplog.records if line.message == "Request rejected")
    logged = {name: vars(line).get(name) for name in ("code", "description", "hint")}
    reason, is_debug = rejections.NOT_SIGNED_JWT, mode == "debug"
    assert logged == {
        "code": "invalid_header",
        "description": reason.description if is_debug else None,
        "hint": reason.hint if is_debug else None,
    }


def test_hint_for_forbidden_refers_to_the_view(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.debug = True
    caplog.set_level(logging.INFO)

    with app.test_request_context():
        Forbidden("code", "Description.").get_response()

    assert [vars(line)["hint"] for line in caplog.records] == ["see the view that raised Forbidden"]


@pytest.mark.parametrize("age", [-60, 10**6], ids=["valid", "expired"])
def test_response_to_a_token_without_the_scope_is_not_cached(
    call: Call, token: Mint, serve: Serve, age: int
) -> None:
    def show() -> tuple[str, dict[str, str]]:
        return "", {"Cache-Control": "public, max-age=3600"}

    serve(requires_scope("a")(show))

    response = call("/show", token(exp=time.time() - age))

    assert response.headers["Cache-Control"] == "no-store"


def test_response_without_token_may_be_cached(
    client: FlaskClient, serve: Serve, show: View
) -> None:
    serve(public(show))

    assert "Cache-Control" not in client.get("/show").headers


def sign_token(tenant: Tenant, kid: str, iss: str) -> str:
    return tenant.signing_key.sign({"alg": "RS256", "kid": kid}, {"iss": iss})


@pytest.mark.parametrize(
    ("make", "kid", "client_id"),
    [
        (lambda tenant: tenant.token(exp=0, act={"sub": "agent"}), None, "local-client"),
        (lambda tenant: tenant.token()[:-8] + "AAAAAAAA", None, None),
        (lambda tenant: tenant.token(iss="https://other.test/"), None, None),
        (lambda tenant: sign_token(tenant, kid="new", iss=tenant.issuer), "new", None),
    ],
    ids=["expired", "wrong signature", "another issuer", "unknown key"],
)
def test_log_has_key_and_client_of_an_invalid_token(
    call: Call,
    tenant: Tenant,
    serve: Serve,
    show: View,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[Tenant], str],
    kid: str | None,
    client_id: str | None,
) -> None:
    serve(requires_auth(show))
    caplog.set_level(logging.INFO)

    call("/show", make(tenant))

    (line,) = (vars(line) for line in caplog.records if line.message == "Request rejected")
    assert line["kid"] == (kid or tenant.signing_key.kid)
    assert line.get("client_id") == client_id
    assert line.get("actor") == (client_id and "agent")
