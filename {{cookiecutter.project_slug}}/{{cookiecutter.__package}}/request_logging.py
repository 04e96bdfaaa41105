"""One log line per event on standard output, as text or JSON (LOG_FORMAT), with the request's ID.

LOG_LEVEL applies to every package, but others log no DEBUG lines, which may contain tokens.
Logging that is already configured, as by gunicorn.conf.py, is not changed.
"""

import json
import logging.config
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, has_request_context, request

from .config import clean_text
from .errors import current_request
from .security_headers import add_security_headers

_ID = "HTTP_X_REQUEST_ID"  # in the WSGI environment
_PLAIN = re.compile(r"[\w.:=+/@-]{1,128}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_escape = partial(_CONTROLS.sub, lambda found: repr(found[0])[1:-1])
_RECORD = vars(logging.makeLogRecord({"name": __name__, "msg": "Request completed"}))
_NOT_EXTRA = {*_RECORD, "message", "taskName"} - {"stack_info"}

_log = logging.getLogger(__name__)
_encode = json.JSONEncoder(skipkeys=True, default=str).encode


def init_app(app: Flask, environ: Mapping[str, str]) -> None:
    """Give every request an ID before anything else runs, and log the final response."""
    if not logging.root.handlers:
        defaults = {"LOG_LEVEL": "DEBUG"} if app.debug else {}
        logging.config.dictConfig(configuration({**defaults, **environ}))
    # Flask documents this assignment; its type is that of a method.
    app.wsgi_app = partial(log_request, app.wsgi_app)  # type: ignore[method-assign]


def log_request(
    app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Call an app after setting the request ID; add security headers and log the response."""
    began, sent = time.perf_counter(), environ.get(_ID, "")
    environ[_ID] = request_id = sent if _PLAIN.fullmatch(sent) else secrets.token_hex(16)

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        current = current_request()
        fields = {
            "method": current.method,
            "path": current.path,  # without the query string: it may contain a token
            **getattr(current, "log_fields", {}),  # of auth/request_token.py
            "status": int(status[:3]),
            "ms": round(1000 * (time.perf_counter() - began), 1),
            "request_id": request_id,
        }
        level = logging.DEBUG if str(current.endpoint).startswith("health.") else logging.INFO
        if _log.isEnabledFor(level):
            _log.handle(_RequestRecord(level, fields))
        headers = [*add_security_headers(current, headers), ("X-Request-ID", request_id)]
        return start_response(status, headers, *error)

    return app(environ, start)


class _RequestRecord(logging.LogRecord):
    """A record without the caller's file and line, which take 5 % of a request to find."""

    def __init__(self, level: int, fields: Mapping[str, object]) -> None:
        now, thread, attributes = time.time(), threading.current_thread(), vars(self)
        attributes.update(_RECORD, created=now, msecs=int(now % 1 * 1000), process=os.getpid())
        attributes.update(thread=thread.ident, threadName=thread.name)
        attributes.update(fields, levelno=level, levelname=logging.getLevelName(level))


def configuration(environ: Mapping[str, str], default: str = "text") -> dict[str, object]:
    """Return the argument for `logging.config.dictConfig`. Raises SettingError."""
    log_format = clean_text("LOG_FORMAT", environ, "text|json", "'text' or 'json'", default)
    names = "DEBUG, INFO, WARNING, ERROR, CRITICAL"
    pattern = f"(?i:NOTSET|{names.replace(', ', '|')})"
    level = clean_text("LOG_LEVEL", environ, pattern, f"one of {names}", "NOTSET").upper()
    others = "INFO" if level in ("DEBUG", "NOTSET") else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"stdout": {"()": JsonFormatter if log_format == "json" else TextFormatter}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "stdout",
                "filters": [redact_server_logs],
            }
        },
        "loggers": {
            __package__: {"level": level},
            "gunicorn.error": {"level": others, "propagate": True},
            "werkzeug": {"level": others},
        },
        "root": {"level": others, "handlers": ["stdout"]},
    }


class JsonFormatter(logging.Formatter):
    """Formats a line as a JSON object in ASCII, without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "pid": record.process,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return _encode(fields)


class TextFormatter(logging.Formatter):
    """Formats a line for people: time, level and message, then other fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        time, message = self.formatTime(record, "%H:%M:%S"), _escape(record.getMessage())
        line = f"{time} {record.levelname} {message}"
        for name, value in _extra(record).items():
            text = str(value)  # quoted, so that a path can add neither a line nor a field
            line += f" {name}={text if _PLAIN.fullmatch(text) else json.dumps(text)}"
        traceback = self.formatException(record.exc_info) if record.exc_info else ""
        return "\n  ".join((line, *map(_escape, traceback.splitlines())))  # indented: not forged


def _extra(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields that the logging call added, and the request ID."""
    fields = {k: v for k, v in vars(record).items() if k not in _NOT_EXTRA and v is not None}
    if "request_id" not in fields and has_request_context():
        fields["request_id"] = request.environ.get(_ID)
    return fields


def redact_server_logs(record: logging.LogRecord) -> bool:
    """Remove what may contain tokens: Werkzeug's request lines, and requests quoted by gunicorn."""
    if record.name == "werkzeug":
        record.msg = re.sub(r"\x1b\[\d+m|\n", "", record.msg)
        return '"%s" %s %s' not in record.msg
    if record.name == "gunicorn.error":
        if record.msg.startswith("Invalid request from ip="):
            record.msg = record.msg.partition(": ")[0]
        elif record.msg.startswith("Error handling request"):
            record.args = tuple(str(url).partition("?")[0] for url in record.args or ())
    return True
