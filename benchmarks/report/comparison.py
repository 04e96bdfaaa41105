"""The comparison of this template with its peers."""

from .figures import Figures, names, numbers
from .markdown import number, paragraph, table

_COLUMNS = {
    "Verifying a token": ("verify/to_rsa/{}/median", ".2f"),
    "Added to a request": ("whole_requests/protection_to_rsa/{}/median", ".2f"),
    "Private to public": ("served_requests/private_to_public/{}/median", ".2f"),
    "Fetches at a cold start": ("fetches/cold_start/{}/fetches", ".0f"),
    "Rejected after a rotation": ("fetches/rotation/{}/rejected", ".0f"),
}


def comparison(figures: Figures) -> str:
    """Return the introduction, with the table and the plot of all peers."""
    rows = [(title, *_cells(figures, peer)) for peer, title in peer_titles(figures).items()]
    rsa = number(figures, "verify/rsa_us/median", ".1f")
    rsa_in_request = number(figures, "whole_requests/rsa_in_request_to_rsa/median", ".1f")
    public = "whole_requests/public_us/{}/median"
    api = number(figures, public.format("this_template"), ".1f")
    bare = number(figures, public.format("python_jose_cached_keys"), ".1f")
    text = f"""\
        One RSA verification took {rsa} µs in a loop, and {rsa_in_request} times as long in the view
        of a bare Flask app: there, the processor no longer has its code and data in the caches. The
        first column is in multiples of the time in a loop, the second of the time in a view. The time
        added to a request is the difference between a protected and a public endpoint of the same
        app. A request to a public endpoint takes {api} µs in the rendered API, which also resolves
        access policies and sets response headers, and {bare} µs in a bare Flask app. A dash means
        that an alternative cannot verify a token outside a request or fetches the JWKS for each
        token or, for new tokens, that it was not measured."""
    return f"""\
This page compares the rendered API with other ways to protect a Flask API, each used as its own
documentation shows. The columns of the table:

- **Verifying a token** and **Added to a request** are times, in multiples of the time that one RSA
  verification takes in a loop or in a request. A new token takes at least 1. This template does not
  verify a known signature again; the other libraries verify it each time. A client usually sends
  the same token for hours, so all rows but one are about such a token.
- **Private to public** is the number of requests per second that a private endpoint handles
  under gunicorn, relative to a public endpoint.
- **Fetches at a cold start** is how often the JWKS is fetched when the first 32 requests arrive at
  the same time.
- **Rejected after a rotation** is how many of 32 valid tokens are rejected when they are signed with
  a new key that the tenant added one second after the app's first request.

{table(("", *_COLUMNS), rows)}

![What protecting an endpoint adds to a request](benchmarks.svg)

Auth0's current Flask quickstart calls auth0-api-python with `asyncio.run` in each request. The next
row uses the same library in an async view. Auth0's first Flask quickstart fetches the JWKS for each
request. With python-jose, users have to write the code that caches the keys themselves.

{paragraph(text)}"""


def added_to_request(figures: Figures) -> dict[str, tuple[str, float]]:
    """Return each peer's title, and what it adds to a request in RSA verifications."""
    path, _ = _COLUMNS["Added to a request"]
    return {
        peer: (title, numbers(figures, path.format(peer))[0])
        for peer, title in peer_titles(figures).items()
    }


def peer_titles(figures: Figures) -> dict[str, str]:
    return {peer: str(title) for peer, title in figures["peers"].items()}


def _cells(figures: Figures, peer: str) -> list[str]:
    return [
        number(figures, path.format(peer), form)
        if peer in names(figures, path.partition("/{}")[0])
        else "-"
        for path, form in _COLUMNS.values()
    ]
