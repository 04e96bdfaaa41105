"""The API described for whoever writes a client: a document, and a page to read and try it on.

The document, `openapi.yaml`, is kept by hand. The page is Swagger UI, which is served from here
under a policy of its own, and runs no script but what is served from here.
"""

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, send_from_directory

from .auth import public

docs = public(Blueprint("docs", __name__))
page = public(Blueprint("docs_page", __name__, url_prefix="/docs"))

DOCUMENT = Path(__file__).parent / "openapi.yaml"

_PAGE = Path(__file__).parent / "page"
_SWAGGER_UI = {
    "favicon-32x32.png",
    "oauth2-redirect.html",
    "oauth2-redirect.js",
    "swagger-ui-bundle.js",
    "swagger-ui.css",
}


def init_app(app: Flask) -> None:
    """Serve the document; the page only if API_DOCS is 1, or in debug mode unless it is 0."""
    app.register_blueprint(docs)
    if app.config["API_DOCS"] == "1" or (app.debug and app.config["API_DOCS"] != "0"):
        app.register_blueprint(page)


@docs.get("/openapi.json")
def document() -> Response:
    config, changed = current_app.config, DOCUMENT.stat().st_mtime_ns
    text = _document(config["AUTH0_DOMAIN"], config["AUTH0_AUDIENCE"], changed)
    return Response(text, mimetype="application/json")


@lru_cache(maxsize=1)
def _document(domain: str, audience: str, _changed: int) -> str:
    """Return the document as JSON, the settings put in; read anew once the file has changed."""
    # Imported and read when first asked for: most workers never are, and it takes 60 ms and 4 MB.
    import yaml

    text = json.dumps(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")))
    for name, setting in {"${AUTH0_DOMAIN}": domain, "${AUTH0_AUDIENCE}": audience}.items():
        text = text.replace(name, json.dumps(setting)[1:-1])
    return text


@page.get("/settings.json")
def settings() -> dict[str, str]:
    """What the page logs in with. A client ID is no secret."""
    config = current_app.config
    return {"clientId": config["AUTH0_CLIENT_ID"], "audience": config["AUTH0_AUDIENCE"]}


@page.get("/", defaults={"name": "index.html"})
@page.get("/<name>")
def file(name: str) -> Response:
    """Serve a file of the page; of Swagger UI no others than the page needs."""
    folder = files("flask_swagger_ui") / "dist" if name in _SWAGGER_UI else _PAGE
    return send_from_directory(str(folder), name)


@page.after_request
def _confine(response: Response) -> Response:
    """Let the page do what it has to: ask this API, and the tenant for a token.

    Its icons are `data:` images in the style sheet.
    """
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        f" connect-src 'self' https://{current_app.config['AUTH0_DOMAIN']};"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response
