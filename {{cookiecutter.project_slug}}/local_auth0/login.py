"""The user's login: authorization code with PKCE (RFC 6749 section 4.1, RFC 7636).

Nobody has a password here: whoever opens the page says who they are. No sessions, no refresh
tokens. What is refused is refused in Auth0's words.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import Flask, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from .identity import base64url

USERS = {"auth0|ann": "Ann", "auth0|bob": "Bob"}
CODE_LASTS = 60  # seconds

_OIDC = {"openid", "profile", "email", "address", "phone"}  # say who the user is, permit nothing
_LOOPBACK = r"https?://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?"
# Visible ASCII, and right behind the host nothing that a browser could take for more of a host.
_CALLBACK = re.compile(_LOOPBACK + r'([/?][!"$-~]*)?')


@dataclass(frozen=True)
class _Login:
    """What a code stands for. `asked` is what `/authorize` was asked for."""

    asked: Mapping[str, str]
    user: str
    permissions: list[str]
    token_lasts: int  # seconds
    code_ends: float  # by time.monotonic()


class Logins:
    """The login page, and the logins whose code is still to be exchanged."""

    def __init__(self, app: Flask, audience: str, mint: Callable[..., str]) -> None:
        """`audience` is the one API here; `mint` makes a token of the tenant."""
        self._audience, self._mint = audience, mint
        self._logins: dict[tuple[str, str], _Login] = {}  # by code and client
        app.add_url_rule("/authorize", view_func=self.authorize, methods=["GET", "POST"])
        app.after_request(_allow_loopback_pages)

    def authorize(self) -> ResponseReturnValue:
        """Show the page, which posts to its own address: what was asked for is there again."""
        asked = request.args.to_dict()
        callback = asked.get("redirect_uri", "")
        if not _CALLBACK.fullmatch(callback):
            return _page(400, mismatch=callback)
        answer = _refusal(asked, self._audience)
        if answer is None and request.method == "GET":
            return _page(200, asked=asked, users=USERS, permissions=_permissions(asked))
        answer = answer or self._decision(asked)
        if "state" in asked:
            answer["state"] = asked["state"]
        # With quote, since some clients do not read a plus as a space; Swagger UI is one.
        query = urlencode(answer, quote_via=quote)
        return redirect(f"{callback}{'&' if '?' in callback else '?'}{query}")

    def _decision(self, asked: Mapping[str, str]) -> dict[str, str]:
        form = request.form
        if form.get("action") != "login":
            return _error("access_denied", "User did not authorize the request")
        granted = [name for name in _permissions(asked) if name in form.getlist("permission")]
        lasts, ends = form.get("lasts", 86400, type=int), time.monotonic() + CODE_LASTS
        code, client = secrets.token_urlsafe(32), asked["client_id"]
        self._logins[code, client] = _Login(asked, form["user"], granted, lasts, ends)
        return {"code": code}

    def exchange(self, sent: Mapping[str, str]) -> ResponseReturnValue:
        """RFC 6749 section 4.1.3. The client's first attempt uses the code up, even in vain."""
        login = self._logins.pop((str(sent.get("code")), str(sent.get("client_id"))), None)
        if login is None or login.code_ends <= time.monotonic():
            return _error("invalid_grant", "Invalid authorization code"), 403
        if sent.get("redirect_uri") != (expected := login.asked["redirect_uri"]):
            about = f"You sent {sent.get('redirect_uri')}, and we expected {expected}"
            return _error("unauthorized_client", f"The redirect URI is wrong. {about}"), 403
        verifier = str(sent.get("code_verifier")).encode(errors="replace")
        challenge = base64url(hashlib.sha256(verifier).digest())
        if not hmac.compare_digest(challenge.encode(), login.asked["code_challenge"].encode()):
            return _error("invalid_grant", "Failed to verify code verifier"), 403
        return self._tokens(login), {"Cache-Control": "no-store"}

    def _tokens(self, login: _Login) -> dict[str, object]:
        """As of an API with RBAC and "Add Permissions in the Access Token"."""
        asked, now = login.asked, int(time.time())
        names = [n for n in asked.get("scope", "").split() if n in {*_OIDC, *login.permissions}]
        scope, client, exp = " ".join(names), asked["client_id"], now + login.token_lasts
        token = self._mint(scope, login.permissions, login.user, azp=client, exp=exp)
        if not asked.get("audience"):
            token = secrets.token_urlsafe(24)  # for Auth0's user info alone; no API can read it
        answer: dict[str, object] = {"access_token": token, "scope": scope}
        if "openid" in names:
            claims = {"aud": client, "azp": None, "nonce": asked.get("nonce"), "exp": now + 36000}
            answer["id_token"] = self._mint(user=login.user, **claims)
        return answer | {"token_type": "Bearer", "expires_in": login.token_lasts}


def _refusal(asked: Mapping[str, str], audience: str) -> dict[str, str] | None:
    """RFC 6749 section 4.1.2.1: what the client hears before the user is asked."""
    for name in ("client_id", "response_type", "code_challenge", "code_challenge_method"):
        if not asked.get(name):
            return _error("invalid_request", f"Missing required parameter: {name}")
    if (kind := asked["response_type"]) != "code":
        return _error("unsupported_response_type", f"Unsupported response type: {kind}")
    if asked["code_challenge_method"] != "S256":
        return _error("invalid_request", "code_challenge_method must be S256")
    if (service := asked.get("audience") or audience) != audience:
        return _error("access_denied", f"Service not found: {service}")
    if asked.get("prompt") == "none":
        return _error("login_required", "Login required")
    return None


def _error(code: str, about: str) -> dict[str, str]:
    return {"error": code, "error_description": about}


def _permissions(asked: Mapping[str, str]) -> list[str]:
    """Which of the scopes are the API's, and so for the user to grant."""
    names = asked.get("scope", "").split() if asked.get("audience") else []
    return [name for name in names if name not in _OIDC | {"offline_access"}]


def _page(status: int, **shown: object) -> ResponseReturnValue:
    nonce = secrets.token_urlsafe(16)
    csp = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
    # Browsers hold the redirect that answers the form to form-action as well.
    csp += "; form-action 'self' http://localhost:* http://127.0.0.1:*"
    headers = {"Content-Security-Policy": csp, "Cache-Control": "no-store"}
    return render_template("login.html", nonce=nonce, **shown), status, headers


def _allow_loopback_pages(response: Response) -> Response:
    """CORS, as if every origin on this machine were one of the client's allowed origins."""
    if request.path == "/oauth/token" or request.path.startswith("/.well-known/"):
        response.vary.add("Origin")
        if re.fullmatch(_LOOPBACK, request.origin or ""):
            response.access_control_allow_origin = request.origin
            response.headers["Access-Control-Allow-Headers"] = "*"  # clients send their own
    return response
