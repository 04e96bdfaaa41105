"""One request to the tenant, with every bound there is; what went wrong on the way, in words."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests
from urllib3.exceptions import DecodeError, HTTPError, NameResolutionError

from .lines import Line, shown

TROUBLE = (OSError, HTTPError)
"""What `ask` raises; requests' own exceptions are kinds of OSError."""

_TIMEOUTS = (3.0, 5.0)  # seconds to connect, and for each receive
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, object] | None
    """None if it is no JSON object."""
    date: str
    """The Date header, empty if there is none."""


def ask(url: str, sent: Mapping[str, str] | None = None) -> Answer:
    """Get a URL, or post JSON to it. Redirects are not followed, no password of ~/.netrc is sent.

    Raises:
        TROUBLE: there is no answer.
    """
    with requests.request(
        "GET" if sent is None else "POST",
        url,
        json=sent,
        timeout=_TIMEOUTS,
        stream=True,
        allow_redirects=False,
        auth=lambda prepared: prepared,
    ) as response:
        try:
            body = json.loads(response.raw.read(_MAX_BYTES, decode_content=True))
        except (DecodeError, ValueError, RecursionError):
            body = None
        date = response.headers.get("Date", "")
    return Answer(response.status_code, body if isinstance(body, dict) else None, date)


def trouble(domain: str, error: BaseException) -> Iterator[Line]:
    """Yield what did work on the way to the tenant, then what did not, and the way out."""
    host, causes = domain.partition(":")[0], list(_causes(error))
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        yield Line(
            False,
            "The proxy does not let the request through.",
            hint="look at HTTPS_PROXY and NO_PROXY",
        )
    elif isinstance(error, requests.exceptions.InvalidURL):
        yield Line(False, "The proxy's address cannot be read.", hint="look at HTTPS_PROXY")
    elif any(isinstance(cause, NameResolutionError) for cause in causes):
        yield Line(
            False,
            f"The name {host} does not resolve.",
            hint="compare AUTH0_DOMAIN with the domain in the dashboard; look whether DNS works here",
        )
    elif isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        yield Line(
            False,
            "The file that REQUESTS_CA_BUNDLE names cannot be read.",
            hint="set it to a file of certificates in PEM, or take it away",
        )
    elif tls is not None:
        yield Line(True, f"The name {host} resolves.")
        reason = getattr(tls, "verify_message", "") or "it is not spoken there"
        yield Line(
            False,
            f"TLS with {domain} is not good: {reason}.",
            hint="if a proxy of your company reads along, put its CA into REQUESTS_CA_BUNDLE;"
            " if none does, compare AUTH0_DOMAIN with the domain in the dashboard",
        )
    else:
        yield Line(True, f"The name {host} resolves.")
        yield Line(
            False,
            f"{domain} gives no answer.",
            (f"the cause is {type(causes[-1]).__name__}",),
            "look for a firewall between, and whether this machine needs HTTPS_PROXY",
        )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it is wrapped around, from the outside in."""
    cause: object = error
    while isinstance(cause, BaseException):
        yield cause
        inside = [getattr(cause, "reason", None), *cause.args[:1], cause.__context__]
        cause = next((each for each in inside if isinstance(each, BaseException)), None)


def said(answer: Answer) -> str:
    """Quote an error of the tenant (RFC 6749 section 5.2), or its status if there is none."""
    body = answer.body or {}
    quoted = [shown(body[name]) for name in ("error", "error_description") if name in body]
    return f"the tenant answers with {', '.join([str(answer.status), *quoted])}"
