"""One line per event on standard output, as text or as JSON (LOG_FORMAT), with the request's ID.

What happens is told to `logging` wherever it happens; what a line looks like is decided here. A
server that has set logging up, as gunicorn.conf.py does, is left as it is.
"""

import json
import logging.config
import re
import secrets
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from .config import SettingError

_REQUEST_ID = re.compile(r"[\w.:=+/@-]{1,128}", re.ASCII)
_PLAIN = re.compile(r"[\w.:=+/@-]+", re.ASCII)
_BREAKS = re.compile(r"[\x00-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029]")  # colours, of Flask, may stay
_SAID = {"time", "level", "pid", "logger", "message", "traceback"}

_log = logging.getLogger(__name__)


def init_app(app: Flask, environ: Mapping[str, str]) -> None:
    """Give every request an ID before any other hook runs, and log the final response.

    Raises:
        SettingError: LOG_FORMAT is neither `text` nor `json`.
    """
    if not logging.root.handlers:
        logging.config.dictConfig(configuration(environ))
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request_funcs.setdefault(None, []).insert(0, _end)  # these run from last to first


def configuration(
    environ: Mapping[str, str], default: str = "text", stream: TextIO | None = None
) -> dict[str, object]:
    """Return what `logging.config.dictConfig` takes. `stream` is standard output, if not given.

    Raises:
        SettingError: LOG_FORMAT is neither `text` nor `json`.
    """
    log_format = environ.get("LOG_FORMAT", default)
    if log_format not in ("text", "json"):
        raise SettingError(f"LOG_FORMAT is {log_format!r}: expected 'text' or 'json'.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JSONFormatter}, "text": {"()": TextFormatter}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": stream or sys.stdout,
                "formatter": log_format,
                "filters": [_add_request_id, _is_news, _quote_nothing],
            }
        },
        "loggers": {"gunicorn.error": {"propagate": True}},
        "root": {"level": "INFO", "handlers": ["stdout"]},
    }


class JSONFormatter(JsonFormatter):
    """Makes a line a JSON object, with whatever the event has as `extra`."""

    def __init__(self) -> None:
        super().__init__(
            ["time", "levelname", "process", "name", "message"],
            rename_fields={
                "levelname": "level",
                "process": "pid",
                "name": "logger",
                "exc_info": "traceback",
            },
            timestamp="time",
        )


class TextFormatter(JSONFormatter):
    """Makes the same line for people: time, level and message, then all else as name=value."""

    def jsonify_log_record(self, log_data: LogData) -> str:
        message = _BREAKS.sub(lambda found: repr(found[0])[1:-1], str(log_data["message"]))
        line = f"{log_data['time'].astimezone():%H:%M:%S} {log_data['level']} {message}"
        for name, value in log_data.items():
            if name not in _SAID:
                line += f" {name}={_quoted(value)}"
        return f"{line}\n{log_data['traceback']}" if "traceback" in log_data else line


def _quoted(value: object) -> str:
    """Keep a line one line: a path may hold a line break, or what looks like a field."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _add_request_id(record: logging.LogRecord) -> bool:
    if has_request_context() and "request_id" in g:
        record.request_id = g.request_id
    return True


def _is_news(record: logging.LogRecord) -> bool:
    """Drop the line that Flask's development server has for each request, as we do."""
    return not (record.name == "werkzeug" and '"%s" %s %s' in record.msg)


def _quote_nothing(record: logging.LogRecord) -> bool:
    """Where gunicorn fails it quotes what it has read, in which a token may be."""
    if record.name == "gunicorn.error":
        if record.msg.startswith("Invalid request from ip="):
            record.msg = record.msg.partition(": ")[0]
        elif record.msg.startswith("Error handling request"):
            record.args = tuple(str(url).partition("?")[0] for url in record.args or ())
    return True


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    """The query string stays out: people put tokens there, though this API takes none."""
    if "request_id" not in g:  # a url_value_preprocessor aborted the request
        _begin()
    response.headers["X-Request-ID"] = g.request_id
    milliseconds = round(1000 * (time.perf_counter() - g.began), 1)
    _log.info(
        "Request answered",
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": milliseconds,
        },
    )
    return response
