"""One log line per event on standard output, as text or JSON (LOG_FORMAT), with the request's ID.

LOG_LEVEL applies to this package; others log from INFO at least, since their DEBUG lines may hold
tokens. If logging is already configured, as by gunicorn.conf.py, it is left as it is.
"""

import json
import logging.config
import re
import secrets
import time
from collections.abc import Mapping

from flask import Flask, Response, g, has_request_context, request
from flask.signals import request_started
from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from .config import clean_text

_PLAIN = re.compile(r"[\w.:=+/@-]{1,128}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_RENAMED = {"levelname": "level", "process": "pid", "name": "logger", "exc_info": "traceback"}
_UNNAMED = {"time", "message", *_RENAMED.values()}

_log = logging.getLogger(__name__)


def init_app(app: Flask, environ: Mapping[str, str]) -> None:
    """Give every request an ID before any hook runs, and log the final response."""
    if not logging.root.handlers:
        defaults = {"LOG_LEVEL": "DEBUG"} if app.debug else {}
        logging.config.dictConfig(configuration({**defaults, **environ}))
    request_started.connect(_begin, app)
    app.after_request(_end)  # the first to be registered is the last to run


def configuration(environ: Mapping[str, str], default: str = "text") -> dict[str, object]:
    """Return the argument for `logging.config.dictConfig`.

    Raises SettingError if LOG_FORMAT or LOG_LEVEL is malformed.
    """
    log_format = clean_text("LOG_FORMAT", environ, "text|json", "'text' or 'json'", default)
    names = "DEBUG, INFO, WARNING, ERROR, CRITICAL"
    pattern = f"(?i:NOTSET|{names.replace(', ', '|')})"
    level = clean_text("LOG_LEVEL", environ, pattern, f"one of {names}", "NOTSET").upper()
    others = "INFO" if level in ("DEBUG", "NOTSET") else level
    formatter = {
        "()": JsonFormatter if log_format == "json" else TextFormatter,
        "fmt": ["time", "levelname", "process", "name", "message"],
        "rename_fields": _RENAMED,
        "timestamp": "time",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"stdout": formatter},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "stdout",
                "filters": [add_request_id, clean_werkzeug, redact_gunicorn_errors],
            }
        },
        "loggers": {
            __package__: {"level": level},
            "gunicorn.error": {"level": others, "propagate": True},
            "werkzeug": {"level": others},
        },
        "root": {"level": others, "handlers": ["stdout"]},
    }


class TextFormatter(JsonFormatter):
    """Formats a line for people: time, level and message, then other fields as name=value."""

    def jsonify_log_record(self, log_data: LogData) -> str:
        time, message = log_data["time"].astimezone(), _escape(str(log_data["message"]))
        line = f"{time:%H:%M:%S} {log_data['level']} {message}"
        for name, value in log_data.items():
            if name not in _UNNAMED:  # quoted, so that a path can add neither a line nor a field
                text = str(value)
                line += f" {name}={text if _PLAIN.fullmatch(text) else json.dumps(text)}"
        traceback = str(log_data.get("traceback", "")).splitlines()
        return "\n  ".join((line, *map(_escape, traceback)))  # indented: no line can be forged


def _escape(text: str) -> str:
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def add_request_id(record: logging.LogRecord) -> bool:
    if has_request_context() and "request_id" in g:
        record.request_id = g.request_id
    return True


def clean_werkzeug(record: logging.LogRecord) -> bool:
    """Drop request lines of Flask's development server, which repeat ours; remove its colors."""
    if record.name == "werkzeug":
        record.msg = re.sub(r"\x1b\[\d+m|\n", "", record.msg)
    return not (record.name == "werkzeug" and '"%s" %s %s' in record.msg)


def redact_gunicorn_errors(record: logging.LogRecord) -> bool:
    """Remove what gunicorn quotes from a request that it cannot handle: it may contain a token."""
    if record.name == "gunicorn.error":
        if record.msg.startswith("Invalid request from ip="):
            record.msg = record.msg.partition(": ")[0]
        elif record.msg.startswith("Error handling request"):
            record.args = tuple(str(url).partition("?")[0] for url in record.args or ())
    return True


def _begin(*_: Flask) -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _PLAIN.fullmatch(sent) else secrets.token_hex(16)
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    if "request_id" not in g:  # its session could not be opened
        _begin()
    response.headers["X-Request-ID"] = g.request_id
    fields = {
        "method": request.method,
        "path": request.path,  # without the query string: it may contain a token
        **getattr(request, "log_fields", {}),  # of auth/request_token.py
        "status": response.status_code,
        "ms": round(1000 * (time.perf_counter() - g.began), 1),
    }
    level = logging.DEBUG if request.blueprint == "health" else logging.INFO
    _log.log(level, "Request completed", extra=fields)
    return response
