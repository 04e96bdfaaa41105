"""The section about DPoP: what a bound token and its proof add to a request."""

from .figures import Figures
from .markdown import number, paragraph, table

_ROWS = {
    "this_template": "this template, ES256 proof",
    "this_template_RS256": "this template, RS256 proof",
    "auth0_api_python": "auth0-api-python, ES256 proof",
}


def dpop(figures: Figures) -> str:
    """Return the section."""
    rows = [
        (
            title,
            number(figures, f"dpop/plain_us/{name.removesuffix('_RS256')}/median", ".0f"),
            number(figures, f"dpop/bound_us/{name}/median", ".0f"),
            number(figures, f"dpop/added_to_rsa/{name}/median", ".1f"),
        )
        for name, title in _ROWS.items()
    ]
    rsa, es256 = (number(figures, f"dpop/{name}/median", ".0f") for name in ("rsa_us", "es256_us"))
    minimum = number(figures, "dpop/es256_to_rsa/median", ".1f")
    added = number(figures, "dpop/added_to_rsa/this_template/median", ".1f")
    text = f"""\
        A proof is a second signed token, which the client makes for one request, usually with
        ES256: auth0-api-python accepts no other algorithm. Verifying an ES256 signature takes
        {es256} µs and an RSA signature {rsa} µs. So of the {added} RSA verifications that an ES256
        proof adds, {minimum} are its signature; an RS256 proof needs one. The rest is the time to
        read the proof, to compare it with the request and the access token and, in this template,
        to reject proofs that were used before, which auth0-api-python does not do. Used proofs were
        kept in memory; with Redis, each request also waits for one command. The client and its
        token were known: this template keeps the keys of the last 1,024 clients and does not verify
        the token's signature again; auth0-api-python builds the key and verifies the signature for
        each request."""
    return f"""\
## With DPoP

Microseconds for a request with a plain bearer token and for one with a bound token and a new proof,
both through Flask, in an app that accepts both. The last column is the difference, in RSA
verifications. auth0-api-python has an event loop that stays open, so that the time to start one
does not count.

{table(("", "Bearer token, µs", "Bound token, µs", "Added by DPoP"), rows)}

{paragraph(text)}"""
