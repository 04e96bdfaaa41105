"""Protected resource metadata (RFC 9728): where MCP and other clients learn how to get a token.

Served if PUBLIC_URL is set and the audience is that URL or a URL below it.
"""

import re
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, jsonify

from .auth import public
from .auth.gate import policies
from .config import PROJECT_NAME

PATH = "/.well-known/oauth-protected-resource"

# RFC 3986 without query and fragment; a decoded %3C would begin a variable of a route.
_RESOURCE = re.compile(r"(?ai)https://(?:[\w.~!$&'()*+,;=:@/\[\]-]|%(?!3c))+")


def init_app(app: Flask) -> None:
    """Serve the document at the well-known path followed by the audience's path (section 3.1)."""
    url, resource = app.config["PUBLIC_URL"], app.config["AUTH0_AUDIENCE"]
    is_below = url and f"{resource}/".startswith(f"{url}/")
    if not is_below or not _RESOURCE.fullmatch(resource):
        return
    parts = urlsplit(resource)
    path = PATH + parts.path if parts.path != "/" else PATH
    app.config["RESOURCE_METADATA_URL"] = f"https://{parts.netloc}{path}"

    @app.get(unquote(path))
    @public
    def resource_metadata() -> tuple[Response, dict[str, str]]:
        required = [each for *_, policy in policies(app) for each in policy.requirements]
        scopes = {name for each in required if each.kind == "scope" for name in each.values}
        document = jsonify(
            resource=resource,
            resource_name=PROJECT_NAME,
            authorization_servers=[f"https://{domain}/" for domain in app.config["AUTH0_DOMAIN"]],
            scopes_supported=sorted(map(str, scopes)),
            bearer_methods_supported=["header"],
            **app.config.get("RESOURCE_METADATA", {}),  # added by features
        )
        return document, {"Cache-Control": "public, max-age=3600"}
