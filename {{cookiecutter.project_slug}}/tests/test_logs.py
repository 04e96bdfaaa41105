"""What is logged, how a line looks, and that no token and no person is on it."""

import json
import logging.config
import time
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from click import ClickException
from flask import Flask, abort
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import public
from {{ cookiecutter.__package }}.logs import JSONFormatter, configuration

from .conftest import Call, Mint
from local_auth0 import Tenant

Output = Callable[[str], StringIO]
Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def output() -> Iterator[Output]:
    """Set logging up in a format, into what is returned; it is undone after the test."""
    before = logging.root.handlers[:], logging.root.level

    def set_up(log_format: str) -> StringIO:
        stream = StringIO()
        logging.config.dictConfig(configuration({"LOG_FORMAT": log_format}, stream=stream))
        return stream

    yield set_up
    logging.root.handlers[:], logging.root.level = before


@pytest.fixture
def lines(output: Output) -> Lines:
    """What is logged as JSON from here on."""
    stream = output("json")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_a_line(client: FlaskClient, lines: Lines) -> None:
    answer = client.get("/api/public?access_token=secret")

    (line,) = lines()
    assert line == {
        "time": line["time"],
        "level": "INFO",
        "pid": line["pid"],
        "logger": "{{ cookiecutter.__package }}.logs",
        "message": "Request answered",
        "method": "GET",
        "path": "/api/public",
        "status": 200,
        "ms": line["ms"],
        "request_id": answer.headers["X-Request-ID"],
    }


def test_request_that_a_preprocessor_aborts_has_an_id_and_a_line(
    app: Flask, client: FlaskClient, lines: Lines
) -> None:
    @app.url_value_preprocessor
    def find_tenant(*_: object) -> None:
        abort(404)

    response = client.get("/api/public")

    (line,) = lines()
    assert (response.status_code, line["status"]) == (404, 404)
    assert line["request_id"] == response.headers["X-Request-ID"]


def test_a_line_tells_how_long_it_took(app: Flask, client: FlaskClient, lines: Lines) -> None:
    @app.get("/slow")
    @public
    def get_slow() -> str:
        time.sleep(0.02)
        return "slow"

    client.get("/slow")

    (line,) = lines()
    assert 20 <= float(str(line["ms"])) < 2000


@pytest.mark.parametrize(
    "given", ["a", "0af7651916cd43dd8448eb211c80319c", "A-z_9.:=+/@", "a" * 128]
)
def test_a_request_id_that_is_well_formed_is_taken(
    client: FlaskClient, lines: Lines, given: str
) -> None:
    answer = client.get("/api/private", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == given
    assert [line["request_id"] for line in lines()] == [given, given]


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, 'a"', "ä", "{}", "a\u0661"])
def test_another_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    one, other = (client.get("/api/public", headers={"X-Request-ID": given}) for _ in "12")

    assert len(one.headers["X-Request-ID"]) == 32
    assert one.headers["X-Request-ID"] != other.headers["X-Request-ID"]


def test_a_refusal_names_rule_key_and_client(
    call: Call, token: Mint, tenant: Tenant, lines: Lines
) -> None:
    call("/api/private", token(exp=0))

    refused = lines()[-2]
    assert refused["message"] == "Request rejected"
    assert refused["code"] == "token_expired"
    assert refused["kid"] == tenant.signing_key.kid
    assert refused["client_id"] == "local-client"


@pytest.mark.parametrize("rfc9068", [False, True], ids=["Auth0's profile", "RFC 9068"])
def test_a_client_without_the_scope_is_named(
    call: Call, token: Mint, lines: Lines, rfc9068: bool
) -> None:
    call("/api/private-scoped", token(rfc9068=rfc9068))

    refused = lines()[-2]
    assert (refused["code"], refused["client_id"]) == ("insufficient_scope", "local-client")
    assert "kid" in refused


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tenant: tenant.token()[:-8] + "AAAAAAAA", id="a bad signature"),
        pytest.param(
            lambda tenant: tenant.signing_key.sign(
                {"alg": "RS256", "kid": "made-up"}, {"azp": "me"}
            ),
            id="an unknown key",
        ),
        pytest.param(
            lambda tenant: tenant.signing_key.sign(
                {"alg": "HS256", "kid": tenant.signing_key.kid}, {"azp": "me"}
            ),
            id="another algorithm",
        ),
    ],
)
def test_of_a_token_that_is_not_verified_the_key_id_alone_is_logged(
    call: Call, tenant: Tenant, lines: Lines, change: Callable[[Tenant], str]
) -> None:
    assert call("/api/private", change(tenant)).status_code == 401

    refused = lines()[-2]
    assert "kid" in refused
    assert "client_id" not in refused


@pytest.mark.parametrize(
    "kid", ["", "a" * 129, "a b", "a\nb", "ä", ["a"], None], ids=lambda kid: repr(kid)[:12]
)
def test_a_key_id_that_is_not_well_formed_is_left_out(
    call: Call, tenant: Tenant, lines: Lines, kid: object
) -> None:
    header = {"alg": "RS256", "kid": kid}
    assert call("/api/private", tenant.signing_key.sign(header, {})).status_code == 401

    assert "kid" not in lines()[-2]


@pytest.mark.parametrize(
    "client_id", ["", "a" * 129, "Ann Lee", ["a"], 1], ids=lambda c: repr(c)[:9]
)
def test_a_client_id_that_is_not_well_formed_is_left_out(
    call: Call, token: Mint, lines: Lines, client_id: object
) -> None:
    call("/api/private-scoped", token(azp=client_id))

    assert "client_id" not in lines()[-2]


def test_no_token_and_no_person_is_logged(call: Call, token: Mint, lines: Lines) -> None:
    person = {"user": "auth0|ann", "email": "ann@example.com", "name": "Ann Lee"}
    tokens = [token(**person), token(**person, exp=0), token(**person, aud="https://other")]
    for sent in tokens:
        call("/api/private-scoped", sent)

    log = json.dumps(lines())
    parts = [part for sent in tokens for part in sent.split(".")]
    assert [text for text in [*parts, *person.values()] if text in log] == []
    assert len(lines()) == 1 + 2 * len(tokens)  # the keys, and two for each


@pytest.mark.parametrize(
    ("message", "words", "said"),
    [
        (
            # of a line of the header without a name, which may be a token
            "Invalid request from ip=127.0.0.1: Invalid HTTP Header: 'Bearer eyJhbGciOi'",
            (),
            "Invalid request from ip=127.0.0.1",
        ),
        ("Error handling request %s", ("/a?access_token=eyJhbGciOi",), "Error handling request /a"),
        ("Error handling request", (), "Error handling request"),
        ("Booting worker with pid: %s", (7,), "Booting worker with pid: 7"),
    ],
)
def test_what_gunicorn_says_quotes_no_token(
    lines: Lines, message: str, words: tuple[object, ...], said: str
) -> None:
    logging.getLogger("gunicorn.error").warning(message, *words)

    assert [line["message"] for line in lines()] == [said]


def test_a_path_begins_no_line(app: Flask, client: FlaskClient, output: Output) -> None:
    @app.get("/broken/<path>")
    @public
    def broken(path: str) -> str:
        raise RuntimeError(path)

    stream = output("text")
    client.get("/broken/a%0a21:00:00 INFO forged%1c%e2%80%a8")

    assert r"Exception on /broken/a\n21:00:00 INFO forged\x1c\u2028 [GET]" in stream.getvalue()


def test_a_failing_view_is_logged_with_its_request(app: Flask, lines: Lines) -> None:
    @app.get("/broken")
    @public
    def broken() -> str:
        raise RuntimeError("out of order")

    answer = app.test_client().get("/broken")

    failed, answered = lines()
    assert (failed["level"], answered["status"]) == ("ERROR", 500)
    assert "out of order" in str(failed["traceback"])
    assert failed["request_id"] == answered["request_id"] == answer.headers["X-Request-ID"]


def test_keys_are_news_once_and_not_per_request(
    call: Call, token: Mint, tenant: Tenant, lines: Lines
) -> None:
    for _ in range(3):
        call("/api/private", token())
    tenant.rotate()
    for _ in range(3):
        call("/api/private", token())

    about_keys = [str(line["message"]) for line in lines() if "key_cache" in str(line["logger"])]
    assert [message.split(" from ")[0] for message in about_keys] == [
        "Fetched 1 signing keys",
        "Fetched 2 signing keys",
        f"The tenant's signing keys have changed: new ['{tenant.signing_key.kid}'], gone []",
    ]


def test_a_line_of_text_is_for_people(app: Flask, output: Output) -> None:
    stream = output("text")

    app.test_client().get("/api/%0A19:00%20INFO", headers={"X-Request-ID": "abc"})
    logging.getLogger("werkzeug").info('%s - - [now] "%s" %s %s', "me", "GET / HTTP/1.1", 200, 1)
    logging.getLogger("another").error("Broken", exc_info=ValueError("why"))

    answered, broken, *traceback = stream.getvalue().splitlines()
    time, *rest = answered.split(" ", 3)
    assert len(time.split(":")) == 3
    assert rest[0] == "INFO"
    assert rest[2].startswith(r'answered method=GET path="/api/\n19:00 INFO" status=404 ms=')
    assert rest[2].endswith("request_id=abc")
    assert broken.endswith("ERROR Broken")
    assert traceback == ["ValueError: why"]


def test_a_path_adds_no_field_to_a_line(app: Flask, output: Output) -> None:
    stream = output("text")

    app.test_client().get("/api/forged%20status=200")

    assert '="/api/forged status=200" status=404' in stream.getvalue()


@pytest.mark.usefixtures("output")
def test_an_app_alone_sets_logging_up(environ: dict[str, str]) -> None:
    logging.root.handlers.clear()

    create_app(environ | {"LOG_FORMAT": "json"})

    (handler,) = logging.root.handlers
    assert isinstance(handler.formatter, JSONFormatter)


@pytest.mark.usefixtures("output")
def test_another_format_is_refused(environ: dict[str, str]) -> None:
    logging.root.handlers.clear()
    with pytest.raises(ClickException) as error:
        create_app(environ | {"LOG_FORMAT": "xml"})

    assert error.value.message == "LOG_FORMAT is 'xml': expected 'text' or 'json'."


@pytest.mark.usefixtures("output")
def test_logging_that_is_set_up_already_is_left_alone(environ: dict[str, str]) -> None:
    handlers: list[logging.Handler] = [logging.NullHandler()]
    logging.root.handlers[:] = handlers

    create_app(environ)

    assert logging.root.handlers == handlers
