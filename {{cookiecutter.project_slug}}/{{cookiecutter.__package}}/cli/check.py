"""Whether the tenant is what the API needs: asked step by step, each a line with its way out."""

import base64
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime

from flask import Flask
from urllib3.exceptions import DecodeError

from ..auth.jwks import FetchError, NoUsableKey, SigningKey, fetch_keys
from ..auth.rules import FUTURE_LEEWAY
from .application import try_token
from .lines import Line, duration, shown
from .tenant import TROUBLE, Answer, ask, trouble


def check(app: Flask, environ: Mapping[str, str]) -> Iterator[Line]:
    """Yield what is found out, as it is; the steps behind a broken connection are left out."""
    domain, audience = app.config["AUTH0_DOMAIN"], app.config["AUTH0_AUDIENCE"]
    issuer = f"https://{domain}/"
    asked = time.time()
    try:
        discovery = ask(f"{issuer}.well-known/openid-configuration")
    except TROUBLE as error:
        yield from trouble(domain, error)
        yield Line(None, "Nothing else could be asked of the tenant.")
        yield _audience(domain, audience)
        return
    yield Line(True, f"The name {domain.partition(':')[0]} resolves.")
    yield Line(True, f"TLS with {domain} is good.")
    yield _discovery(discovery, issuer)
    yield _keys(domain, f"{issuer}.well-known/jwks.json")
    yield _clock(discovery.date, (asked + time.time()) / 2)
    yield _audience(domain, audience)
    yield from try_token(app, environ)


def _discovery(answer: Answer, issuer: str) -> Line:
    hint = "compare AUTH0_DOMAIN with the domain in the dashboard"
    if answer.status != 200 or answer.body is None:
        kind = "no JSON object" if answer.body is None else "a JSON object"
        fact = f"the answer has status {answer.status}, and {kind}"
        return Line(False, "There is no discovery document: no tenant is here.", (fact,), hint)
    if answer.body.get("issuer") != issuer:
        facts = f"issuer is {shown(answer.body.get('issuer'))}", f"expected is {shown(issuer)}"
        return Line(False, "The discovery document names another issuer.", facts, hint)
    return Line(True, f"The discovery document is there, and its issuer is {issuer}.")


def _keys(domain: str, url: str) -> Line:
    """Fetch the JWKS by the function that fetches it for the API."""
    try:
        keys = fetch_keys(url)
    except NoUsableKey as error:
        hint = "look at Settings > Signing Keys of the tenant; it has to sign with RS256"
        return Line(False, f"The signing keys cannot be fetched: {error}.", hint=hint)
    except (FetchError, DecodeError, ValueError, RecursionError) as error:
        reason = error if isinstance(error, FetchError) else "the JWKS is not JSON"
        hint = f"open {url}: does something else answer in the tenant's place?"
        return Line(False, f"The signing keys cannot be fetched: {reason}.", hint=hint)
    except Exception as error:  # fetch_keys says why
        *_, line = trouble(domain, error)
        return replace(line, text=f"The signing keys cannot be fetched: {line.text}")
    facts = tuple(f"{shown(kid)}, {_bits(key)} bits" for kid, key in keys.items())
    return Line(True, "The JWKS has RS256 keys that the API can use:", facts)


def _bits(key: SigningKey) -> int:
    modulus = key.to_dict()["n"]
    padded = (modulus.decode() if isinstance(modulus, bytes) else modulus) + "=="
    return int.from_bytes(base64.urlsafe_b64decode(padded)).bit_length()


def _clock(date: str, now: float) -> Line:
    """Compare with the Date header (RFC 9110 section 6.6.1), which has whole seconds."""
    try:
        ahead = now - (parsedate_to_datetime(date).timestamp() + 0.5)
    except (ValueError, OverflowError):
        return Line(None, "The tenant does not say what time it is.")
    if abs(ahead) <= FUTURE_LEEWAY:
        return Line(
            True, f"The clocks of this machine and the tenant are within {FUTURE_LEEWAY} s."
        )
    order, effect = (
        ("ahead of", "tokens expire too early")
        if ahead > 0
        else ("behind", "new tokens are from the future")
    )
    return Line(
        False,
        f"The clock of this machine is {duration(abs(ahead))} {order} the tenant's: {effect}.",
        hint="set it; look whether NTP runs",
    )


def _audience(domain: str, audience: str) -> Line:
    host = re.match(r"https?://([^/?#]*)", audience.lower())
    hint = "set AUTH0_AUDIENCE to the Identifier under Applications > APIs"
    if host and (host[1] == domain or host[1].endswith(".auth0.com")):
        text = f"The audience {shown(audience)} is an address of the tenant."
    elif re.fullmatch(r"[A-Za-z0-9]{32}", audience):
        text = f"The audience {shown(audience)} looks like the client ID of an application."
    else:
        return Line(True, f"The audience {shown(audience)} looks like the identifier of an API.")
    return Line(False, text, hint=hint)
