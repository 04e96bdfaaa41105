"""Every error as JSON: HTTP errors here, rejections of access tokens in `auth/rejections.py`."""

from collections.abc import Iterable

from flask import Flask, Response, json
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as AnyResponse


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _handle_http_exception)


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
