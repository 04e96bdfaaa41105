"""The docs UI: a page to read about the API and to call it, logged in as a user.

It is Swagger UI, served from here under a policy of its own that allows only scripts from here. What
it shows is the document of `openapi.py`.
"""

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, send_from_directory

from . import openapi
from .auth import public

page = public(Blueprint("docs_ui", __name__, url_prefix="/docs"))

_PAGE = Path(__file__).parent / "page"
_SWAGGER_UI = {
    "favicon-32x32.png",
    "oauth2-redirect.html",
    "oauth2-redirect.js",
    "swagger-ui-bundle.js",
    "swagger-ui.css",
}


def init_app(app: Flask) -> None:
    """Serve the document; the docs UI only if API_DOCS is 1, or in debug mode unless it is 0."""
    app.register_blueprint(openapi.blueprint)
    if app.config["API_DOCS"] == "1" or (app.debug and app.config["API_DOCS"] != "0"):
        app.register_blueprint(page)


@page.get("/settings.json")
def settings() -> dict[str, str]:
    """What the docs UI logs in with. A client ID is not a secret."""
    config = current_app.config
    return {"clientId": config["AUTH0_CLIENT_ID"], "audience": config["AUTH0_AUDIENCE"]}


@page.get("/", defaults={"name": "index.html"})
@page.get("/<name>")
def file(name: str) -> Response:
    """Serve a file of the docs UI; of Swagger UI only those that it needs."""
    folder = files("flask_swagger_ui") / "dist" if name in _SWAGGER_UI else _PAGE
    return send_from_directory(str(folder), name)


@page.after_request
def _confine(response: Response) -> Response:
    """Allow requests to this API and to the tenant, and `data:` images, Swagger UI's icons."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        f" connect-src 'self' https://{current_app.config['AUTH0_DOMAIN']};"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response
