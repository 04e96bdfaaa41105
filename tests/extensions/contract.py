"""The expected response to each caller by policy, which is the same under every extension.

Endpoints are at `/api/<policy>/<variant>`. A variant is one way to write the endpoint.
"""

from dataclasses import dataclass

from flask import Flask
from werkzeug.test import TestResponse

ORIGIN = "https://app.example.com"
REQUEST_ID = "request-1"
HELLO = {"message": "Hello!"}

EXTENSIONS = (
    *("plain", "caching", "limiter", "prometheus", "restx", "restful"),
    *("smorest", "apiflask", "openapi3", "sock"),
)
CALLERS = ("no-token", "expired-token", "no-scope", "valid-token")
MODES = ("production", "testing", "debug")


@dataclass(frozen=True)
class RelevantFields:
    """The parts of a response that clients depend on."""

    status: int
    body: object
    challenge: str | None = None
    origin: str | None = ORIGIN
    request_id: str | None = REQUEST_ID


def _rejection(
    status: int, code: str, description: str, challenge: str | None = None
) -> RelevantFields:
    challenge = challenge and challenge.replace("DESCRIPTION", f'error_description="{description}"')
    return RelevantFields(status, {"code": code, "description": description}, challenge)


_MISSING = "The Authorization header is missing: send 'Authorization: Bearer <access token>'."
_NO_TOKEN = (401, "authorization_header_missing", _MISSING)
_EXPIRED_TOKEN = _rejection(
    *(401, "token_expired", "The token has expired."),
    'Bearer realm="api", error="invalid_token", DESCRIPTION',
)
_NO_SCOPE = _rejection(
    *(403, "insufficient_scope", "The access token lacks a scope that this endpoint requires."),
    'Bearer realm="api", error="insufficient_scope", DESCRIPTION, scope="read:report"',
)
NOT_YOURS = _rejection(403, "not_yours", "The report is not yours.")

_PRIVATE = {
    "no-token": _rejection(*_NO_TOKEN, 'Bearer realm="api"'),
    "expired-token": _EXPIRED_TOKEN,
}
_SCOPED = {
    "no-token": _rejection(*_NO_TOKEN, 'Bearer realm="api", scope="read:report"'),
    "expired-token": _EXPIRED_TOKEN,
    "no-scope": _NO_SCOPE,
}
REJECTIONS: dict[str, dict[str, RelevantFields]] = {
    "public": {},
    "private": _PRIVATE,
    "scoped": _SCOPED,
    "validated": _SCOPED,  # and the body is validated
    "forbidden": _PRIVATE | {"no-scope": NOT_YOURS, "valid-token": NOT_YOURS},  # by the view
}
"""By policy and caller. Callers that are not listed reach the view, which responds with HELLO."""

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@dataclass(frozen=True)
class ExtendedApi:
    """An app with the endpoints of one extension, and the headers of each caller."""

    app: Flask
    headers: dict[str, dict[str, str]]

    @property
    def endpoints(self) -> dict[str, str]:
        """The policy of each path."""
        paths = [rule.rule for rule in self.app.url_map.iter_rules()]
        policies = {path: path.split("/")[2] for path in paths if path.count("/") == 3}
        return {path: policy for path, policy in policies.items() if policy in REJECTIONS}

    def expected_rejections(self, caller: str) -> dict[str, RelevantFields]:
        """Return the rejection of a caller by path, without paths that accept the caller."""
        rejections = ((path, REJECTIONS[policy]) for path, policy in self.endpoints.items())
        return {path: each[caller] for path, each in rejections if caller in each}

    def call(self, path: str, caller: str, method: str = "", **body: str) -> TestResponse:
        """Send a request like a script from ORIGIN; a POST if the endpoint validates the body."""
        headers, client = self.headers[caller], self.app.test_client()
        if self.endpoints.get(path) == "validated":
            return client.open(path, method=method or "POST", headers=headers, json=body)
        return client.open(path, method=method or "GET", headers=headers)


def relevant_fields(response: TestResponse) -> RelevantFields:
    return RelevantFields(
        response.status_code,
        response.get_json(silent=True),
        response.headers.get("WWW-Authenticate"),
        response.headers.get("Access-Control-Allow-Origin"),
        response.headers.get("X-Request-ID"),
    )
