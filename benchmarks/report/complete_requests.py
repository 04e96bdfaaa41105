"""The section about requests of complete apps."""

from .figures import Figures
from .markdown import median_and_quartiles, number, paragraph, table

_PATH = "complete_requests"
_ROWS = {
    "Bare Flask, open": "open bare",
    "This template, open": "open api",
    "Bare Flask with Authlib, private": "private authlib",
    "This template, private": "private api",
}


def complete_requests(figures: Figures) -> str:
    """Return the section, which also explains the time of an RSA verification in a request."""
    rows = [
        (title, median_and_quartiles(figures, f"{_PATH}/us/{name}"))
        for title, name in _ROWS.items()
    ]
    in_request = number(figures, f"{_PATH}/rsa_in_request_to_rsa/median", ".2f")
    text = f"""\
        The goals for what `@requires_auth` adds are in RSA verifications that run in a loop, where
        the processor has their code and data in its caches. As a part of a request, one RSA
        verification took {in_request} times as long on this machine. No library can add less."""
    return f"""\
## Complete requests

Microseconds per request through Flask, with all that the rendered API does for a request in
production: a log line in JSON, the request's ID, security headers, CORS and the access policy. The
others do none of this. Quartiles are in parentheses.

{table(("", "Request, µs"), rows)}

{paragraph(text)}"""
