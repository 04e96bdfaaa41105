"""The log: one line per request, as JSON or as text, without tokens and personal data."""

import json
import logging.config
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from click import ClickException
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import requires_auth, requires_scope
from {{ cookiecutter.__package }}.request_logging import configuration

from ..conftest import Call, Mint, Serve, View

Output = Callable[..., StringIO]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def output() -> Iterator[Output]:
    """Log to the returned stream, in the given format and level, until the test ends."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def configure(log_format: str, log_level: str = "NOTSET") -> StringIO:
        environ = {"LOG_FORMAT": log_format, "LOG_LEVEL": log_level}
        logging.config.dictConfig(configuration(environ))
        (handler,) = logging.root.handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream := StringIO())
        return stream

    yield configure
    configure("text")
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)  # which also forgets what loggers have cached of it


@pytest.fixture
def lines(output: Output) -> Lines:
    """Return what has been logged as JSON."""
    stream = output("json")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_request_is_logged_without_its_query_string(client: FlaskClient, lines: Lines) -> None:
    response = client.get("/nowhere?access_token=secret")

    (line,) = lines()
    assert line == {
        "time": line["time"],
        "level": "INFO",
        "pid": line["pid"],
        "logger": "{{ cookiecutter.__package }}.request_logging",
        "message": "Request completed",
        "method": "GET",
        "path": "/nowhere",
        "status": 404,
        "ms": line["ms"],
        "request_id": response.headers["X-Request-ID"],
    }


def test_tokens_and_personal_data_are_not_logged(
    call: Call, token: Mint, serve: Serve, show: View, lines: Lines
) -> None:
    person = {"user": "auth0|ann", "email": "ann@example.com", "name": "Ann Lee"}
    tokens = [token(**person), token(**person, exp=0), token(**person, aud="https://other")]
    serve(requires_auth(show))

    for sent in tokens:
        call("/show", sent)

    log = json.dumps(lines())
    secrets = [*person.values(), *(part for sent in tokens for part in sent.split("."))]
    assert log.count("Request completed") == len(tokens)
    assert [secret for secret in secrets if secret in log] == []


def test_actor_of_a_delegated_call_is_logged(
    call: Call, token: Mint, serve: Serve, show: View, lines: Lines
) -> None:
    serve(requires_scope("a")(show))

    call("/show", token(scope="a", act={"sub": "agent"}))
    call("/show", token(act={"sub": "agent"}))
    call("/show", token(scope="a", act={"sub": "Ann Lee"}))

    logged = [line.get("actor") for line in lines() if line["message"].startswith("Request ")]
    assert logged == ["agent", "agent", "agent", None]


@pytest.mark.parametrize(
    ("message", "args", "logged"),
    [
        ("Invalid request from ip=::1: 'Bearer eyJhbGciOi'", (), "Invalid request from ip=::1"),
        ("Error handling request %s", ("/a?token=eyJhbGciOi",), "Error handling request /a"),
        ("Booting worker with pid: %s", (7,), "Booting worker with pid: 7"),
    ],
)
def test_gunicorn_errors_do_not_quote_tokens(
    lines: Lines, message: str, args: tuple[object, ...], logged: str
) -> None:
    logging.getLogger("gunicorn.error").warning(message, *args, exc_info=ValueError("why"))

    found = [(line["message"], line["traceback"]) for line in lines()]
    assert found == [(logged, "ValueError: why")]


def test_text_line_has_named_fields_after_the_message(client: FlaskClient, output: Output) -> None:
    stream = output("text")

    client.get("/nowhere", headers={"X-Request-ID": "abc"})
    logging.getLogger("werkzeug").info('%s - - [now] "%s" %s %s', "me", "GET / HTTP/1.1", 200, 1)
    logging.getLogger("another").error("Broken", exc_info=ValueError("why"))

    completed, broken, *traceback = stream.getvalue().splitlines()
    assert " INFO Request completed method=GET path=/nowhere status=404 ms=" in completed
    assert completed.endswith(" request_id=abc")
    assert broken.endswith(" ERROR Broken")
    assert traceback == ["  ValueError: why"]


def test_path_cannot_add_a_line_or_a_field(client: FlaskClient, output: Output) -> None:
    stream = output("text")

    client.get("/forged%20status=200")
    client.get("/%0A19:00%20INFO")
    logging.getLogger("another").error("/%s", "\n19:00 INFO")

    field, line, broken = stream.getvalue().splitlines()
    assert ' path="/forged status=200" status=404' in field
    assert r' path="/\n19:00 INFO" status=404' in line
    assert broken.endswith(r" ERROR /\n19:00 INFO")


@pytest.mark.usefixtures("output")
def test_app_configures_logging(environ: dict[str, str]) -> None:
    logging.root.handlers.clear()

    create_app(environ | {"LOG_FORMAT": "json"})

    assert len(logging.root.handlers) == 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("LOG_FORMAT", "xml", "'text' or 'json'"),
        ("LOG_LEVEL", "all", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ],
)
def test_malformed_setting_is_an_error(name: str, value: str, expected: str) -> None:
    with pytest.raises(ClickException, match=rf"^{name} is '{value}': expected {expected}\.$"):
        configuration({name: value})


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("NOTSET", ["our INFO", "our ERROR", "their INFO", "their ERROR"]),
        ("debug", ["our DEBUG", "our INFO", "our ERROR", "their INFO", "their ERROR"]),
        ("ERROR", ["our ERROR", "their ERROR"]),
    ],
)
def test_level_applies_to_this_package(output: Output, level: str, logged: list[str]) -> None:
    stream = output("json", level)

    ours = logging.getLogger("{{ cookiecutter.__package }}.routes")
    for whose, logger in {"our": ours, "their": logging.getLogger("urllib3")}.items():
        for name in ("DEBUG", "INFO", "ERROR"):
            logger.log(logging.getLevelName(name), "%s %s", whose, name)

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == logged


def test_probes_are_logged_as_debug(client: FlaskClient, output: Output) -> None:
    stream = output("json", "DEBUG")

    client.get("/healthz")
    client.get("/readyz")
    client.get("/nowhere")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["level"] for line in lines] == ["DEBUG", "DEBUG", "INFO"]


@pytest.mark.usefixtures("output")
def test_debug_mode_shows_debug_lines_of_this_package(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    logging.root.handlers.clear()

    create_app(environ)
    logging.getLogger("{{ cookiecutter.__package }}.routes").debug("Mine")

    assert " DEBUG Mine" in capsys.readouterr().out
