"""Headers that keep responses out of caches, and keep browsers from treating data as a page."""

from flask import Request

_HEADERS = [
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # for browsers that do not know frame-ancestors
]
_HSTS = [("Strict-Transport-Security", "max-age=31536000")]


def add_security_headers(request: Request, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers of a response with ours added; those that the view has set are kept."""
    ours = _HEADERS + _HSTS if request.scheme == "https" else _HEADERS  # RFC 6797 section 7.2
    forced = {}
    if "HTTP_AUTHORIZATION" in request.environ:
        forced["Cache-Control"] = "no-store"  # RFC 6750 section 5.3: only for this client
    if new_url := getattr(request.routing_exception, "new_url", None):
        up = "../" * (request.root_path + request.path).count("/", 1)
        forced["Location"] = f"./{up}{new_url.split('/', 3)[3]}"  # never to the request's Host
    kept = [each for each in headers if each[0].title() not in forced]
    present = {name.title() for name, _ in kept}
    return [*kept, *forced.items(), *(each for each in ours if each[0] not in present)]
