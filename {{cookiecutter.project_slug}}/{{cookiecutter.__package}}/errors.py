"""Every error as JSON: HTTP errors here, rejections of access tokens in `auth/rejections.py`."""

from collections.abc import Iterable
from typing import IO, cast

from flask import Flask, Request, Response, json
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as AnyResponse
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _handle_http_exception)
    app.request_class = LimitedRequest


class LimitedRequest(Request):
    """A body beyond MAX_CONTENT_LENGTH is a 413, with or without Content-Length."""

    @cached_property
    def stream(self) -> IO[bytes]:
        stream, limit = super().stream, self.max_content_length
        if limit is not None and "wsgi.input_terminated" in self.environ:
            return cast(IO[bytes], _LimitedBody(self.input_stream, limit + 1, is_max=True))
        return stream


class _LimitedBody(LimitedStream):
    """Raises at the byte beyond the limit. Werkzeug's own ends there as if the body did."""

    def readinto(self, b: bytearray) -> int | None:  # type: ignore[override]
        size = super().readinto(b)
        if self.is_exhausted:
            self.on_exhausted()
        return size


def error_response(
    status: int, code: str, description: str | None, headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """Build the response to any error. Only this function knows what the body looks like."""
    body = json.dumps({"code": code, "description": description}) + "\n"
    return Response(body, status, [*headers], content_type="application/json")


def _handle_http_exception(error: HTTPException) -> AnyResponse:
    """Keep the status and headers, such as `Allow` of a 405; replace the HTML body."""
    page = error.get_response()
    if page is error.response:  # the view built it: abort(409, response=…)
        return page
    code = error.name.lower().replace(" ", "_")
    return error_response(page.status_code, code, error.description, page.headers.items())
