"""Two apps that accept plain bearer tokens and tokens bound to a key (DPoP, RFC 9449).

Both have an endpoint at `URL`, which requires either kind.
"""

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

from auth0_api_python import ApiClient, ApiClientOptions
from auth0_api_python.errors import BaseAuthError
from flask import Flask, abort, request

from tests.support.rendering import render_defaults

from ..peers.response_body import response_body

PATH = "/private"
URL = f"http://localhost{PATH}"
"""The address at which Flask's test client calls the endpoint."""

_PACKAGE = "bound_api"  # the test bed has imported `messages_api`, without the feature


def rendered_app(folder: Path, domain: str, audience: str) -> Flask:
    """Render the API with the feature `dpop` into a folder and make its app.

    It keeps the proofs that it has accepted in memory.
    """
    project = render_defaults(folder, project_slug=_PACKAGE.replace("_", "-"), dpop="yes")
    sys.path.append(str(project))
    try:
        package: Any = importlib.import_module(_PACKAGE)  # Any: it exists only once it is rendered
    finally:
        sys.path.remove(str(project))
    settings = {
        "AUTH0_DOMAIN": domain,
        "AUTH0_AUDIENCE": audience,
        "CORS_ORIGINS": "",
        "DPOP": "allowed",
        "PUBLIC_URL": URL.removesuffix(PATH),
    }
    app: Flask = package.create_app(settings)

    def private() -> dict[str, object]:
        return response_body(package.auth.current_token.subject)

    app.add_url_rule(PATH, "bench_private", package.auth.requires_auth(private))
    return app


def auth0_api_app(domain: str, audience: str) -> Flask:
    """Make an app that calls auth0-api-python on an event loop that stays open.

    A new loop for each request, as in an async view, would take longer than the verification.
    """
    app = Flask(__name__, static_folder=None)
    client = ApiClient(
        ApiClientOptions(domain=domain, audience=audience, dpop_enabled=True, dpop_required=False)
    )
    runner = asyncio.Runner()

    @app.get(PATH)
    def private() -> dict[str, object]:
        try:
            claims = runner.run(
                client.verify_request(
                    headers=dict(request.headers),
                    http_method=request.method,
                    http_url=request.url,
                )
            )
        except BaseAuthError:
            abort(401)
        return response_body(claims["sub"])

    return app
