"""Every HTTP error as JSON, in the shape of the refusals of `auth/`."""

from flask import Flask, json
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response


def init_app(app: Flask) -> None:
    """Answer 404, 405, 500 and whatever a view aborts with in JSON."""
    app.register_error_handler(HTTPException, _as_json)


def _as_json(error: HTTPException) -> Response:
    """Keep the status and the headers (`Allow` of a 405, for one), replace the HTML page."""
    if error.response is not None:  # a view has said abort(409, response=…) and means it
        return error.response
    response = error.get_response()
    code = error.name.lower().replace(" ", "_")
    response.data = json.dumps({"code": code, "description": error.description})
    response.content_type = "application/json"
    return response
