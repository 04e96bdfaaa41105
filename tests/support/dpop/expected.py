"""What the API must respond to a request, spelled out: nothing is imported from the API."""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import Headers, WWWAuthenticate

from .proofs import Build

ALGS = "ES256 RS256"
METADATA = "https://api.test/.well-known/oauth-protected-resource"
"""Of the resource, whose audience is the API's URL (RFC 9728 section 5.1)."""

Challenge = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A response. `error` is in the challenge of the scheme that the request uses."""

    status: int
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A request and its only correct response, whether DPoP is allowed or required.

    `uses` is the scheme of the request; without one, no challenge has an error.
    """

    name: str
    build: Build
    outcome: Outcome
    uses: str = "DPoP"


OK = Outcome(200)
INVALID_PROOF = Outcome(401, "invalid_dpop_proof", "invalid_dpop_proof")
MISSING = Outcome(401, "authorization_header_missing")
NO_TOKEN = Outcome(401, "invalid_header")
INVALID_HEADER = Outcome(401, "invalid_header", "invalid_token")
INVALID_CLAIMS = Outcome(401, "invalid_claims", "invalid_token")
EXPIRED = Outcome(401, "token_expired", "invalid_token")
WRONG_AUDIENCE = Outcome(401, "invalid_audience", "invalid_token")
WRONG_ISSUER = Outcome(401, "invalid_issuer", "invalid_token")
INSUFFICIENT_SCOPE = Outcome(403, "insufficient_scope", "insufficient_scope")


def read_challenges(headers: Headers) -> list[Challenge]:
    """Return the parameters of each challenge. Every challenge must be a separate header field."""
    fields = headers.getlist("WWW-Authenticate")
    read = [WWWAuthenticate.from_header(field) for field in fields]
    return [{"scheme": each.type, **each.parameters} if each else {"scheme": None} for each in read]


def expected_challenges(
    outcome: Outcome, mode: str, uses: str, description: str, scope: str = ""
) -> list[Challenge]:
    """Return the challenges of a response, in the order of their schemes."""
    if outcome.status not in (401, 403):
        return []
    offered: dict[str, dict[str, str | None]] = {
        "bearer": {"realm": "api"},
        "dpop": {"realm": "api", "algs": ALGS},
    }
    if mode == "required":
        del offered["bearer"]
    for scheme, members in offered.items():
        if outcome.status == 401:
            members["resource_metadata"] = METADATA
        if outcome.error and scheme == uses.lower():
            members |= {"error": outcome.error, "error_description": description}
        if scope and outcome.error in ("", "insufficient_scope"):
            members["scope"] = scope
    return [{"scheme": scheme, **members} for scheme, members in offered.items()]
