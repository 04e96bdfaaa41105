"""A stand-in for the Auth0 tenant: real HTTPS, real RS256, no account. Never shipped.

`python -m local_auth0 --help` shows its commands; tests use `Tenant`.
"""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import click
from flask import Flask, current_app, has_request_context, request
from flask.typing import ResponseReturnValue
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from werkzeug.serving import make_server

from .identity import load_signing_key

CLIENT_ID = "local-client"
Grant = Callable[[Mapping[str, str]], ResponseReturnValue]


class Tenant:
    """A tenant on `localhost` and 127.0.0.1. As a context manager, it serves requests."""

    def __init__(self, folder: Path, port: int, audience: str) -> None:
        """`folder` contains the certificate and the key; `port` 0 selects a free port."""
        self.signing_key = load_signing_key(folder)
        self.keys = [self.signing_key.jwk]
        self.ca_file = folder / "ca.pem"
        self.audience = audience
        self.claims: dict[str, object] = {}  # in every token, unless `token()` gets others
        self.domain = f"localhost:{port}"
        self._port = port
        self.grants: dict[str, Grant] = {"client_credentials": self._client_credentials}
        self.app = Flask(__name__, static_folder=None, template_folder=".")
        self.app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        self.app.add_url_rule("/.well-known/oauth-authorization-server", view_func=self._discovery)
        self.app.add_url_rule("/.well-known/jwks.json", "jwks", lambda: {"keys": self.keys})
        self.app.add_url_rule("/oauth/token", view_func=self._token_endpoint, methods=["POST"])

    @property
    def issuer(self) -> str:
        """With the domain that the client called, like Auth0; by default, with the first domain."""
        is_called = has_request_context() and current_app == self.app
        return f"https://{request.host if is_called else self.domain}/"

    @property
    def domains(self) -> list[str]:
        return [self.domain, self.domain.replace("localhost", "127.0.0.1")]

    def client_environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return variables for `requests` to trust the tenant as well. Raises ClickException."""
        users = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
        bundle = Path(users or DEFAULT_CA_BUNDLE_PATH)
        try:
            # In a folder, OpenSSL reads the CAs from files with these names.
            files = sorted(bundle.glob("*.[0-9]")) if bundle.is_dir() else [bundle]
            trusted = b"\n".join(file.read_bytes() for file in files)
        except OSError as error:
            message = f"REQUESTS_CA_BUNDLE is {str(bundle)!r}: expected a PEM file or folder."
            raise click.ClickException(message) from error
        own, joined = self.ca_file.read_bytes(), self.ca_file.with_name("trusted.pem").absolute()
        joined.write_bytes(trusted.removesuffix(own) + b"\n" + own)
        no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        no_proxy += "" if no_proxy == "*" else ",localhost,127.0.0.1"
        return {"REQUESTS_CA_BUNDLE": str(joined), "NO_PROXY": no_proxy, "no_proxy": no_proxy}

    def token(
        self,
        scope: str | None = None,
        permissions: list[str] | None = None,
        user: str | None = None,
        **claims: object,
    ) -> str:
        """Mint a token of a machine or user. `claims` replaces or adds claims; None removes one."""
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "sub": user or f"{CLIENT_ID}@clients",
            "aud": [self.audience, f"{self.issuer}userinfo"] if user else self.audience,
            "iat": now,
            "exp": now + 86400,
            "azp": CLIENT_ID,
            "gty": None if user else "client-credentials",
            "scope": scope,
            "permissions": permissions,
        }
        present = {k: v for k, v in (usual | self.claims | claims).items() if v is not None}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.signing_key.kid}
        return self.signing_key.sign(header, present)

    def _discovery(self) -> ResponseReturnValue:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}authorize",
            "token_endpoint": f"{self.issuer}oauth/token",
            "jwks_uri": f"{self.issuer}.well-known/jwks.json",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _token_endpoint(self) -> ResponseReturnValue:
        sent: Mapping[str, str] = request.get_json() if request.is_json else request.form
        grant = self.grants.get(sent.get("grant_type", ""))
        return grant(sent) if grant else ({"error": "unsupported_grant_type"}, 400)

    def _client_credentials(self, sent: Mapping[str, str]) -> ResponseReturnValue:
        """RFC 6749 section 4.4, with Auth0's `audience`. Any client ID and secret are accepted."""
        if (sent.get("audience") or sent.get("resource")) != self.audience:  # RFC 8707
            return {"error": "access_denied", "error_description": f"Request {self.audience}"}, 403
        scope = sent.get("scope") or None
        token = {"access_token": self.token(scope), "token_type": "Bearer", "expires_in": 86400}
        return token | ({"scope": scope} if scope else {})

    def __enter__(self) -> Self:
        certificate = str(self.ca_file.with_name("server.pem"))
        self._server = make_server(
            "127.0.0.1", self._port, self.app, threaded=True, ssl_context=(certificate, None)
        )
        # A handshake in the accepting thread would let one unresponsive client block the others.
        self._server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
        self._port = self._server.port
        self.domain = f"localhost:{self._port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
