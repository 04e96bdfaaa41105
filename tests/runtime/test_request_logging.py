"""The log: request IDs, identifiers of rejected requests, and lines of gunicorn."""

import json
import logging.config
import re
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask, abort
from flask.sessions import SessionInterface
from flask.testing import FlaskClient
from local_auth0 import Tenant
from messages_api import create_app
from messages_api.auth import public
from messages_api.request_logging import configuration

from ..support.api import Call, Mint
from ..support.environ import user_environ
from ..support.processes import free_ports, running, wait_until_up

MakeLogStream = Callable[[str], StringIO]
Lines = Callable[[], list[dict[str, object]]]


class BrokenSessions(SessionInterface):
    def open_session(self, *_: object) -> NoReturn:
        raise OSError("no storage")


@pytest.fixture
def log_stream() -> Iterator[MakeLogStream]:
    """Logs in the given format to the returned stream until the test ends."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def configure(log_format: str) -> StringIO:
        logging.config.dictConfig(configuration({"LOG_FORMAT": log_format}))
        (handler,) = logging.root.handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream := StringIO())
        return stream

    yield configure
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)  # which also clears the levels that loggers have cached


@pytest.fixture
def log_lines(log_stream: MakeLogStream) -> Lines:
    """Logs as JSON and returns the lines."""
    stream = log_stream("json")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_request_aborted_by_preprocessor_is_logged_with_id(
    app: Flask, client: FlaskClient, log_lines: Lines
) -> None:
    @app.url_value_preprocessor
    def find_tenant(*_: object) -> None:
        abort(404)

    response = client.get("/api/public")

    (line,) = log_lines()
    assert (response.status_code, line["status"]) == (404, 404)
    assert line["request_id"] == response.headers["X-Request-ID"]


def test_request_whose_session_fails_is_logged(app: Flask, log_lines: Lines) -> None:
    app.session_interface = BrokenSessions()

    response = app.test_client().get("/nowhere")

    (line,) = [line for line in log_lines() if line["message"] == "Request completed"]
    assert line["status"] == response.status_code == 500
    assert line["request_id"] == response.headers["X-Request-ID"]


def test_line_has_the_duration_of_the_request(
    app: Flask, client: FlaskClient, log_lines: Lines
) -> None:
    @app.get("/slow")
    @public
    def get_slow() -> str:
        time.sleep(0.02)
        return "slow"

    client.get("/slow")

    (line,) = log_lines()
    assert 20 <= float(str(line["ms"])) < 2000


@pytest.mark.parametrize(
    "given", ["a", "0af7651916cd43dd8448eb211c80319c", "A-z_9.:=+/@", "a" * 128]
)
def test_well_formed_request_id_is_kept(client: FlaskClient, log_lines: Lines, given: str) -> None:
    response = client.get("/api/private", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] == given
    assert [line["request_id"] for line in log_lines()] == [given, given]


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, 'a"', "ä", "{}", "a\u0661"])
def test_malformed_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    one, other = (client.get("/api/public", headers={"X-Request-ID": given}) for _ in "12")

    assert len(one.headers["X-Request-ID"]) == 32
    assert one.headers["X-Request-ID"] != other.headers["X-Request-ID"]


def test_rejection_is_logged_with_code_and_identifiers(
    call: Call, token: Mint, tenant: Tenant, log_lines: Lines
) -> None:
    call("/api/private", token(exp=0))

    rejected = log_lines()[-2]
    assert rejected["message"] == "Request rejected"
    assert rejected["code"] == "token_expired"
    assert rejected["kid"] == tenant.signing_key.kid
    assert rejected["client_id"] == "local-client"


def test_actor_of_a_delegated_call_is_logged(call: Call, token: Mint, log_lines: Lines) -> None:
    act = {"sub": "agent-1", "act": {"sub": "agent-2"}}
    call("/api/private", token(user="auth0|ann", act=act))
    call("/api/private-scoped", token(user="auth0|ann", act=act))
    call("/api/private", token(act=act, exp=0))

    messages = [line for line in log_lines() if str(line["message"]).startswith("Request ")]
    logged = [(line["message"], line.get("status"), line.get("actor")) for line in messages]
    assert logged == [
        ("Request completed", 200, "agent-1"),
        ("Request rejected", None, "agent-1"),
        ("Request completed", 403, "agent-1"),
        ("Request rejected", None, "agent-1"),
        ("Request completed", 401, None),
    ]


@pytest.mark.parametrize(
    "act",
    [None, {}, "agent", ["agent"], {"sub": 1}, {"sub": ""}, {"sub": "Ann Lee"}, {"sub": "a" * 129}],
    ids=lambda act: repr(act)[:16],
)
def test_malformed_actor_is_not_logged(
    call: Call, token: Mint, log_lines: Lines, act: object
) -> None:
    assert call("/api/private", token(act=act)).status_code == 200

    assert "actor" not in log_lines()[-1]


@pytest.mark.parametrize("rfc9068", [False, True], ids=["Auth0's profile", "RFC 9068"])
def test_client_without_the_scope_is_logged(
    call: Call, token: Mint, log_lines: Lines, rfc9068: bool
) -> None:
    call("/api/private-scoped", token(rfc9068=rfc9068))

    rejected = log_lines()[-2]
    assert (rejected["code"], rejected["client_id"]) == ("insufficient_scope", "local-client")
    assert "kid" in rejected


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tenant: tenant.token()[:-8] + "AAAAAAAA", id="wrong signature"),
        pytest.param(
            lambda tenant: tenant.signing_key.sign(
                {"alg": "RS256", "kid": "made-up"}, {"azp": "me"}
            ),
            id="unknown key",
        ),
        pytest.param(
            lambda tenant: tenant.signing_key.sign(
                {"alg": "HS256", "kid": tenant.signing_key.kid}, {"azp": "me"}
            ),
            id="another algorithm",
        ),
    ],
)
def test_only_the_key_id_of_an_unverified_token_is_logged(
    call: Call, tenant: Tenant, log_lines: Lines, change: Callable[[Tenant], str]
) -> None:
    assert call("/api/private", change(tenant)).status_code == 401

    rejected = log_lines()[-2]
    assert "kid" in rejected
    assert "client_id" not in rejected


@pytest.mark.parametrize(
    "kid", ["", "a" * 129, "a b", "a\nb", "ä", ["a"], None], ids=lambda kid: repr(kid)[:12]
)
def test_malformed_key_id_is_not_logged(
    call: Call, tenant: Tenant, log_lines: Lines, kid: object
) -> None:
    header = {"alg": "RS256", "kid": kid}
    assert call("/api/private", tenant.signing_key.sign(header, {})).status_code == 401

    assert "kid" not in log_lines()[-2]


@pytest.mark.parametrize(
    "client_id", ["", "a" * 129, "Ann Lee", ["a"], 1], ids=lambda c: repr(c)[:9]
)
def test_malformed_client_id_is_not_logged(
    call: Call, token: Mint, log_lines: Lines, client_id: object
) -> None:
    call("/api/private-scoped", token(azp=client_id))

    assert "client_id" not in log_lines()[-2]


@pytest.mark.parametrize(
    ("message", "args", "logged"),
    [
        (
            # a header line without a name may be a token
            "Invalid request from ip=127.0.0.1: Invalid HTTP Header: 'Bearer eyJhbGciOi'",
            (),
            "Invalid request from ip=127.0.0.1",
        ),
        ("Error handling request %s", ("/a?access_token=eyJhbGciOi",), "Error handling request /a"),
        ("Error handling request", (), "Error handling request"),
        ("Booting worker with pid: %s", (7,), "Booting worker with pid: 7"),
    ],
)
def test_gunicorn_errors_do_not_quote_tokens(
    log_lines: Lines, message: str, args: tuple[object, ...], logged: str
) -> None:
    logging.getLogger("gunicorn.error").warning(message, *args)

    assert [line["message"] for line in log_lines()] == [logged]


def test_path_in_an_error_cannot_add_a_line(
    app: Flask, client: FlaskClient, log_stream: MakeLogStream
) -> None:
    @app.get("/broken/<path>")
    @public
    def broken(path: str) -> str:
        raise RuntimeError(path)

    stream = log_stream("text")
    client.get("/broken/a%0a21:00:00 INFO forged%1c%e2%80%a8")

    assert r"Exception on /broken/a\n21:00:00 INFO forged\x1c\u2028 [GET]" in stream.getvalue()


def test_failing_view_is_logged_with_its_request_id(app: Flask, log_lines: Lines) -> None:
    @app.get("/broken")
    @public
    def broken() -> str:
        raise RuntimeError("out of order")

    response = app.test_client().get("/broken")

    failed, completed = log_lines()
    assert (failed["level"], completed["status"]) == ("ERROR", 500)
    assert "out of order" in str(failed["traceback"])
    assert failed["request_id"] == completed["request_id"] == response.headers["X-Request-ID"]


def test_fetched_keys_are_logged_once_not_per_request(
    environ: dict[str, str], own_tenant: Tenant, log_lines: Lines
) -> None:
    client = create_app(environ | {"AUTH0_DOMAIN": own_tenant.domain}).test_client()

    def call_often() -> None:
        token = own_tenant.token()
        for _ in range(3):
            client.get("/api/private", headers={"Authorization": f"Bearer {token}"})

    call_often()
    own_tenant.rotate()
    call_often()

    about_keys = [
        str(line["message"]) for line in log_lines() if "key_cache" in str(line["logger"])
    ]
    assert [message.split(" from ")[0] for message in about_keys] == [
        "Fetched 1 signing keys",
        "Fetched 2 signing keys",
        f"The tenant's signing keys have changed: new ['{own_tenant.signing_key.kid}'], gone []",
    ]


def test_text_has_no_control_characters_and_no_forged_lines(log_stream: MakeLogStream) -> None:
    stream = log_stream("text")
    try:
        raise ValueError("why\n12:00:00 INFO forged\x1b[2J\x85\u2028")
    except ValueError:
        logging.getLogger("another").exception("red \x1b[31m\n12:00:00 INFO forged")

    first, *others = stream.getvalue().rstrip("\n").split("\n")
    assert first.endswith(r" ERROR red \x1b[31m\n12:00:00 INFO forged")
    assert {each[:2] for each in others} == {"  "}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028]", stream.getvalue())


@pytest.mark.slow
def test_start_message_of_flask_is_readable(ready_project: Path, tmp_path: Path) -> None:
    port = str(free_ports(1)[0])
    output = tmp_path / "output"
    environ = user_environ(AUTH0_DOMAIN="tenant.example")
    command = [".venv/bin/flask", "run", "--port", port]

    with (
        output.open("wb") as file,
        running(command, ready_project, environ, stdout=file),
    ):
        wait_until_up(f"http://127.0.0.1:{port}/healthz")

    text = output.read_text(encoding="utf-8")
    assert re.search(
        rf" INFO WARNING: [^\\\x1b]+ \* Running on http://127\.0\.0\.1:{port}$", text, re.M
    )
    assert "\x1b" not in text


def test_path_cannot_add_a_field_to_a_line(app: Flask, log_stream: MakeLogStream) -> None:
    stream = log_stream("text")

    app.test_client().get("/api/forged%20status=200")

    assert '="/api/forged status=200" status=404' in stream.getvalue()


def test_field_with_invalid_json_keys_is_logged_without_them(log_lines: Lines) -> None:
    logging.getLogger("another").warning("Paid", extra={"prices": {("a", 1): 2, "b": 3}})

    assert log_lines()[-1]["prices"] == {"b": 3}


@pytest.mark.usefixtures("log_stream")
def test_existing_logging_configuration_is_kept(environ: dict[str, str]) -> None:
    handlers: list[logging.Handler] = [logging.NullHandler()]
    logging.root.handlers[:] = handlers

    create_app(environ)

    assert logging.root.handlers == handlers
