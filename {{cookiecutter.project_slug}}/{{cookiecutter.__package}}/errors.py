"""Every error as JSON: HTTP errors here, rejections of access tokens in `auth/rejections.py`."""

from collections.abc import Iterable
from io import BytesIO
from typing import IO

from flask import Flask, Request, Response, json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.sansio.response import Response as AnyResponse
from werkzeug.utils import cached_property


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _handle_http_exception)
    app.request_class = LimitedRequest


class LimitedRequest(Request):
    """Rejects a body beyond MAX_CONTENT_LENGTH also if it comes in chunks, without its length."""

    @cached_property
    def stream(self) -> IO[bytes]:
        stream, limit = super().stream, self.max_content_length
        if limit is None or self.content_length is not None:
            return stream
        body = self.input_stream.read(limit + 1)  # Werkzeug's own stream ends at the limit
        if len(body) > limit:
            raise RequestEntityTooLarge
        return BytesIO(body)


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
