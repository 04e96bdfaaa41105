"""The section about requests of complete apps."""

from .figures import Figures
from .markdown import median_and_quartiles, table

_PATH = "complete_requests"
_ROWS = {
    "Bare Flask, open": "open bare",
    "This template, open": "open api",
    "Bare Flask with Authlib, private": "private authlib",
    "This template, private": "private api",
    "This template, private, new tokens": "private api, new tokens",
}


def complete_requests(figures: Figures) -> str:
    """Return the section with the times of open and private requests."""
    rows = [
        (title, median_and_quartiles(figures, f"{_PATH}/us/{name}"))
        for title, name in _ROWS.items()
    ]
    return f"""\
## Complete requests

Microseconds per request through Flask, with all that the rendered API does for a request in
production: a log line in JSON, the request's ID, security headers, CORS and the access policy. The
others do none of this. Quartiles are in parentheses.

{table(("", "Request, µs"), rows)}"""
