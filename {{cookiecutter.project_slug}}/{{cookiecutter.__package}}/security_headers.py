"""Headers that keep browsers from treating a response as anything but data, or going elsewhere."""

from flask import Flask, Response, request

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
}


def init_app(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    """Do not override headers that the view has set."""
    present = {name.lower() for name, _ in response.headers}  # setdefault takes 10 % of a request
    for name, value in _HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if new_url := getattr(request.routing_exception, "new_url", None):
        up = "../" * (request.root_path + request.path).count("/", 1)
        response.location = f"./{up}{new_url.split('/', 3)[3]}"  # not to the host of the request
    if request.is_secure:  # RFC 6797 section 7.2: not over plain HTTP
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
