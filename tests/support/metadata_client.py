"""A client that knows only the URL of an endpoint and discovers the rest, as MCP clients do.

A 401 leads it to the resource metadata (RFC 9728) and to the metadata of the authorization server
(RFC 8414 or OpenID Connect Discovery). It gets a token for the resource by authorization code with
PKCE (RFC 6749, RFC 7636, RFC 8707) and calls the endpoint.
"""

import base64
import hashlib
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from werkzeug.datastructures import WWWAuthenticate

CALLBACK = "http://127.0.0.1:1/callback"
WELL_KNOWN = "/.well-known/"
TIMEOUT = 10
"""Seconds to wait for a response."""


class MetadataClient:
    """Trusts one CA. Each method is a step and raises AssertionError if it fails."""

    def __init__(self, ca_file: Path) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # without the user's proxy
        self._session.verify = str(ca_file)

    def get(self, url: str, **headers: str) -> requests.Response:
        return self._session.get(url, headers=headers, timeout=TIMEOUT)

    def challenge(self, url: str) -> WWWAuthenticate:
        """Call an endpoint without a token and return the challenge of the 401."""
        response = self.get(url)
        assert response.status_code == 401, response.text
        challenge = WWWAuthenticate.from_header(response.headers["WWW-Authenticate"])
        assert challenge is not None
        assert challenge.type == "bearer"
        return challenge

    def resource_metadata(self, url: str, endpoint: str) -> dict[str, Any]:
        """Fetch and check the metadata of the endpoint (RFC 9728 section 3.3).

        Like the SDKs of MCP, accept a resource whose URL is a prefix of the endpoint's.
        """
        metadata = self._document(url)
        resource = metadata["resource"]
        assert url == insert_well_known(resource, "oauth-protected-resource")
        assert f"{endpoint}/".startswith(resource.removesuffix("/") + "/")
        return metadata

    def server_metadata(self, issuer: str, discovery: str) -> dict[str, Any]:
        """Fetch and check the metadata of the authorization server.

        `discovery` is the last path segment of RFC 8414 section 3, or of OpenID Connect Discovery,
        section 4.
        """
        url = issuer.removesuffix("/") + WELL_KNOWN + discovery
        if discovery == "oauth-authorization-server":
            url = insert_well_known(issuer, discovery)
        metadata = self._document(url)
        assert metadata["issuer"] == issuer
        assert "code" in metadata["response_types_supported"]
        assert "S256" in metadata["code_challenge_methods_supported"]  # MCP requires this
        return metadata

    def log_in(self, server: dict[str, Any], resource: str, scope: str) -> str:
        """Log in as Bob, grant the requested scope, and return the access token."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(8)
        digest = hashlib.sha256(verifier.encode()).digest()
        shared = {"client_id": "mcp", "redirect_uri": CALLBACK, "resource": resource}
        asked = shared | {
            "response_type": "code",
            "scope": scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        form = {"user": "auth0|bob", "lasts": "3600", "action": "login"}
        response = self._session.post(
            server["authorization_endpoint"],
            params=asked,
            data=form | {"permission": scope.split()},
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        assert response.status_code == 302, response.text
        callback, _, query = response.headers["Location"].partition("?")
        sent = {name: value for name, (value,) in parse_qs(query).items()}
        assert (callback, sent["state"]) == (CALLBACK, state)
        grant = {
            "grant_type": "authorization_code",
            "code": sent["code"],
            "code_verifier": verifier,
        }
        tokens = self._session.post(server["token_endpoint"], shared | grant, timeout=TIMEOUT)
        assert tokens.status_code == 200, tokens.text
        token: str = tokens.json()["access_token"]
        return token

    def follow(
        self, endpoint: str, discovery: str = "oauth-authorization-server"
    ) -> requests.Response:
        """Perform all steps and return the response to the call with a token."""
        challenge = self.challenge(endpoint)
        url = challenge.get("resource_metadata")
        assert url, challenge
        resource = self.resource_metadata(url, endpoint)
        server = self.server_metadata(resource["authorization_servers"][0], discovery)
        scope = challenge.get("scope") or " ".join(resource["scopes_supported"])
        token = self.log_in(server, resource["resource"], scope)
        return self.get(endpoint, Authorization=f"Bearer {token}")

    def _document(self, url: str) -> dict[str, Any]:
        response = self.get(url)
        assert response.status_code == 200, f"{url}: {response.status_code}"
        assert response.headers["Content-Type"] == "application/json"
        document: dict[str, Any] = response.json()
        return document


def insert_well_known(url: str, name: str) -> str:
    """Insert a well-known path after the host (RFC 9728 section 3.1, RFC 8414 section 3.1)."""
    parts = urlsplit(url)
    return f"https://{parts.netloc}{WELL_KNOWN}{name}{parts.path if parts.path != '/' else ''}"
