"""MAX_CONTENT_LENGTH under gunicorn: a view reads the whole body, or the response is a 413."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ..support.serving import Gunicorn, api_with_tenant

pytestmark = pytest.mark.slow

LIMIT = 1_048_576
VIEW = """

from flask import request

READ = {
    "get_data": lambda: len(request.get_data()),
    "json": lambda: len(request.get_json()),
    "silent json": lambda: len(request.get_json(silent=True) or ""),
    "form": lambda: len(request.form["a"]),
    "values": lambda: len(request.values["a"]),
    "files": lambda: len(request.files["a"].read()),
    "stream": lambda: len(request.stream.read()),
    "one read": lambda: len(request.stream.read(10**9)),
    "pieces": lambda: sum(map(len, iter(lambda: request.stream.read(8192), b""))),
    "own limit": lambda: setattr(request, "max_content_length", 2_000_000) or len(request.data),
    "unread": lambda: 0,
}


@api.post("/read/<way>")
@public
def read(way: str) -> dict[str, int]:
    return {"read": READ[way.replace("-", " ")]()}
"""
BODY_FORMATS = {
    "json": ("application/json", b'"', b'"'),
    "silent json": ("application/json", b'"', b'"'),
    "form": ("application/x-www-form-urlencoded", b"a=", b""),
    "values": ("application/x-www-form-urlencoded", b"a=", b""),
    "files": (
        "multipart/form-data; boundary=B",
        b'--B\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n',
        b"\r\n--B--\r\n",
    ),
}
WHOLE_BODY_WAYS = ("get_data", *BODY_FORMATS, "stream", "one read", "pieces")


@pytest.fixture(scope="module")
def server(
    ready_project: Path, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gunicorn]:
    """A copy of the project with a view for each way to read a body."""
    with api_with_tenant(ready_project, api_folder, tmp_path_factory.mktemp("body")) as api:
        with (api.copy() / "messages_api/routes.py").open("a") as routes:
            routes.write(VIEW)
        with api.served(workers=1) as server:
            yield server


def post_body(server: Gunicorn, way: str, length: int, chunked: bool) -> tuple[int, object]:
    """Post a body of this length; return the status, and the number of bytes that the view read."""
    content_type, start, end = BODY_FORMATS.get(way, ("application/octet-stream", b"", b""))
    body = start + b"a" * (length - len(start) - len(end)) + end
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as client:
        client.putrequest("POST", f"/api/read/{way.replace(' ', '-')}")
        client.putheader("Content-Type", content_type)
        if chunked:
            client.putheader("Transfer-Encoding", "chunked")
        else:
            client.putheader("Content-Length", str(length))
        with suppress(ConnectionError):  # the server may respond before it has the whole body
            client.endheaders([body] if chunked else body, encode_chunked=chunked)
        response = client.getresponse()
        return response.status, json.load(response).get("read")


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "Content-Length"])
@pytest.mark.parametrize("way", WHOLE_BODY_WAYS)
def test_body_is_read_whole_or_rejected(server: Gunicorn, way: str, chunked: bool) -> None:
    _, start, end = BODY_FORMATS.get(way, ("", b"", b""))

    assert post_body(server, way, LIMIT, chunked) == (200, LIMIT - len(start) - len(end))
    assert post_body(server, way, LIMIT + 1, chunked) == (413, None)


@pytest.mark.parametrize("way", WHOLE_BODY_WAYS)
def test_body_far_beyond_the_limit_is_rejected(server: Gunicorn, way: str) -> None:
    assert post_body(server, way, 20 * LIMIT, chunked=True) == (413, None)


def test_view_may_set_its_own_limit(server: Gunicorn) -> None:
    assert post_body(server, "own limit", 2_000_000, chunked=True) == (200, 2_000_000)
    assert post_body(server, "own limit", 2_000_001, chunked=True) == (413, None)


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "Content-Length"])
def test_view_that_does_not_read_the_body_is_unaffected(server: Gunicorn, chunked: bool) -> None:
    assert post_body(server, "unread", 20 * LIMIT, chunked) == (200, 0)
