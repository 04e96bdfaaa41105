"""Whether a machine-to-machine application gets a token for this API, and one that is taken."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flask import Flask

from ..auth import Rejection
from ..auth.rejections import MAX_TOKEN_LENGTH
from ..auth.request_token import EXTENSION
from ..auth.tokens import TokenVerifier
from .lines import Line, shown
from .tenant import TROUBLE, Answer, ask, said, trouble

CLIENT_ID, CLIENT_SECRET = "AUTH0_CHECK_CLIENT_ID", "AUTH0_CHECK_CLIENT_SECRET"
"""The environment variables of an application that is there for this alone. The API has no such
setting: it needs no secret, and so holds none."""


def try_token(app: Flask, environ: Mapping[str, str]) -> Iterator[Line]:
    """Ask the tenant for a token (RFC 6749 section 4.4), and the API what it thinks of that."""
    client_id, secret = environ.get(CLIENT_ID, ""), environ.get(CLIENT_SECRET, "")
    domain, audience = app.config["AUTH0_DOMAIN"], app.config["AUTH0_AUDIENCE"]
    if not client_id or not secret:
        missing = " and ".join(name for name in (CLIENT_ID, CLIENT_SECRET) if not environ.get(name))
        is_half = bool(client_id or secret)
        text = f"No token was asked for: without {missing}."
        yield Line(False if is_half else None, text, hint="set both" if is_half else "")
        return
    sent = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
        "audience": audience,
    }
    try:
        answer = ask(f"https://{domain}/oauth/token", sent)
    except TROUBLE as error:
        *_, line = trouble(domain, error)
        yield replace(line, text=f"No token can be requested: {line.text}")
        return
    token = (answer.body or {}).get("access_token")
    if answer.status != 200 or not isinstance(token, str):
        text = "The application gets no token for this audience."
        yield Line(False, text, (said(answer),), _way_to_a_token(answer))
        return
    yield Line(True, "The application gets a token for this audience.")
    verifier: TokenVerifier = app.extensions[EXTENSION]
    try:
        access = verifier.verify(token)
    except Rejection as rejection:
        reason = rejection.reason
        yield Line(False, f"The API rejects it: {reason.description}", (), reason.hint)
        return
    facts = [
        f"{kind}: {shown(' '.join(sorted(names)), MAX_TOKEN_LENGTH)[1:-1] or 'none'}"
        for kind, names in (("scopes", access.scopes), ("permissions", access.permissions))
    ]
    yield Line(True, "The API accepts it.", tuple(facts))


def _way_to_a_token(answer: Answer) -> str:
    """Auth0 has one error for several mistakes, which its description tells apart."""
    body = answer.body or {}
    error, about = body.get("error"), str(body.get("error_description"))
    if answer.status == 401:
        return f"compare {CLIENT_ID} and {CLIENT_SECRET} with the application's Settings tab"
    if about.startswith("Service not found"):
        return "set AUTH0_AUDIENCE to the Identifier under Applications > APIs, letter by letter"
    if about.startswith("Client is not authorized"):
        return (
            "authorize it on the API's Application Access tab"
            " (Machine to Machine Applications in older dashboards)"
        )
    if error == "unauthorized_client":
        return "let it be a machine-to-machine application, with the grant Client Credentials"
    return "the tenant's words say why; Monitoring > Logs in the dashboard says more"
