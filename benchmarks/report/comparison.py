"""The comparison of this template with its peers."""

from .figures import Figures, names, numbers
from .markdown import number, paragraph, table

_COLUMNS = {
    "Verifying a token": ("verify/to_rsa/{}/median", ".2f"),
    "Added to a request": ("whole_requests/protection_to_rsa/{}/median", ".2f"),
    "Private to public": ("server/protected/{}/private_to_public/median", ".2f"),
    "Fetches at a cold start": ("fetches/cold_start/{}/fetches", ".0f"),
    "Rejected after a rotation": ("fetches/rotation/{}/rejected", ".0f"),
}


def comparison(figures: Figures) -> str:
    """Return the introduction, with the table and the plot of all peers."""
    rows = [(title, *_cells(figures, peer)) for peer, title in peer_titles(figures).items()]
    rsa = number(figures, "verify/rsa_us/median", ".1f")
    public = "whole_requests/public_us/{}/median"
    api = number(figures, public.format("this_template"), ".1f")
    bare = number(figures, public.format("python_jose_cached_keys"), ".1f")
    text = f"""\
        One RSA verification took {rsa} µs. What is added to a request is the difference between a
        protected and a public endpoint of the same app. A public endpoint of the rendered API,
        which also resolves access policies and sets response headers, takes {api} µs, one of a
        bare Flask app {bare} µs. A dash: the peer cannot verify a token outside a request,
        or fetches the JWKS for each token."""
    return f"""\
The rendered API is compared with other ways to protect a Flask API, each used as its own
documentation shows. The columns of the table:

- **Verifying a token** and **added to a request** are times, in multiples of one RSA verification:
  the check of a signature, which every way to verify a token needs.
- **Private to public** is the rate of requests of a protected endpoint under gunicorn, relative to
  a public one.
- **Fetches at a cold start** counts fetches of the JWKS when 32 first requests arrive at once.
- **Rejected after a rotation** counts rejections of 32 valid tokens that are signed with a new key,
  which the tenant added a second after the app's first request.

{table(("", *_COLUMNS), rows)}

![What protecting an endpoint adds to a request](benchmarks.svg)

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
    has_verifier = peer in names(figures, "verify/to_rsa")
    return [
        number(figures, path.format(peer), form)
        if has_verifier or not path.startswith("verify/")
        else "-"
        for path, form in _COLUMNS.values()
    ]
