"""A stand-in for the Auth0 tenant: real HTTPS, real RS256, no account. Never shipped.

`python -m local_auth0 --help` shows its commands; tests use `Tenant`.
"""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import click
from flask import Flask, request
from flask.typing import ResponseReturnValue
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler, make_server

from .identity import SigningKey, load_signing_key, prepare_folder

CLIENT_ID = "local-client"


class Tenant:
    """A tenant on `https://localhost:<port>/`, serving while it is used as a context manager.

    It mints any token (`token`, `signing_key.sign`), rotates its keys, responds with what `fault`
    returns, if anything, and counts requests by path.
    """

    def __init__(self, folder: Path, port: int, audience: str) -> None:
        """`folder` keeps the certificate and the key; `port` 0 takes a free one."""
        prepare_folder(folder)
        self.ca_file = folder / "ca.pem"
        self.audience = audience
        self.signing_key = load_signing_key(folder)
        self.keys: list[dict[str, str]] = [self.signing_key.jwk]
        self.claims: dict[str, object] = {}  # of every token, unless it is minted with others
        self.fault: Callable[[], Response | None] = lambda: None
        self.requests: Counter[str] = Counter()
        self.domain = f"localhost:{port}"
        self._port = port
        self._certificate = folder / "server.pem"
        self.grants: dict[str, Callable[[Mapping[str, str]], ResponseReturnValue]] = {
            "client_credentials": self._client_credentials
        }
        self.app = _make_app(self)

    @property
    def issuer(self) -> str:
        return f"https://{self.domain}/"

    def client_environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return variables with which requests also reaches the tenant. Raises ClickException."""
        users = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
        bundle = Path(users or DEFAULT_CA_BUNDLE_PATH)
        # Of a folder, the files in which OpenSSL looks for a CA.
        files = sorted(bundle.glob("*.[0-9]")) if bundle.is_dir() else [bundle]
        try:
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
        """Mint an access token like Auth0's, for a machine or for a `user` ("auth0|ann").

        `claims` replace or add; None leaves one out.
        """
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
        all_claims = usual | self.claims | claims
        present = {name: value for name, value in all_claims.items() if value is not None}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.signing_key.kid}
        return self.signing_key.sign(header, present)

    def rotate(self, *, keep_old: bool = True) -> None:
        """Sign with a new key from now on; the old one stays in the JWKS, or is revoked."""
        self.signing_key = SigningKey()
        self.keys = [self.signing_key.jwk, *(self.keys if keep_old else [])]

    def _client_credentials(self, sent: Mapping[str, str]) -> ResponseReturnValue:
        """RFC 6749 section 4.4, with Auth0's `audience`; any client and secret will do."""
        if sent.get("audience") != self.audience:
            about = f"The one API here is {self.audience}."
            return {"error": "access_denied", "error_description": about}, 403
        scope = sent.get("scope") or None
        token = {"access_token": self.token(scope), "token_type": "Bearer", "expires_in": 86400}
        return token | ({"scope": scope} if scope else {})

    def __enter__(self) -> Self:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self._certificate)
        self._server = make_server(
            "127.0.0.1", self._port, self.app, threaded=True, request_handler=_QuietHandler
        )
        # A handshake in the accepting thread would let one unresponsive client block the others.
        self._server.socket = tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._server.ssl_context = tls
        self._port = self._server.server_port
        self.domain = f"localhost:{self._port}"
        serve = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        serve.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    """Leaves the log to the API: a browser would fill it with its doubts about the certificate."""

    def log(self, *_: object) -> None:
        pass


def _make_app(tenant: Tenant) -> Flask:
    """Serve the discovery document, the JWKS and tokens."""
    app = Flask(__name__, static_folder=None, template_folder=".")

    @app.before_request
    def count_and_fail() -> Response | None:
        tenant.requests[request.path] += 1
        return tenant.fault()

    @app.get("/.well-known/openid-configuration")
    def discovery() -> ResponseReturnValue:
        return {
            "issuer": tenant.issuer,
            "authorization_endpoint": f"{tenant.issuer}authorize",
            "token_endpoint": f"{tenant.issuer}oauth/token",
            "jwks_uri": f"{tenant.issuer}.well-known/jwks.json",
        }

    @app.get("/.well-known/jwks.json")
    def key_set() -> ResponseReturnValue:
        return {"keys": tenant.keys}

    @app.post("/oauth/token")
    def token() -> ResponseReturnValue:
        sent = request.get_json(silent=True)
        parameters = sent if isinstance(sent, dict) else request.form
        grant = tenant.grants.get(str(parameters.get("grant_type")))
        return grant(parameters) if grant else ({"error": "unsupported_grant_type"}, 400)

    return app
