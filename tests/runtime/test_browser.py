"""The docs UI of the rendered API in a real browser, and calls from pages of other origins.

After each test, the console must have no unexpected errors. After all tests, the browser must have
sent requests only to loopback.
"""

import functools
import http.server
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..support.browser import LOOPBACK, Browser, DocsPage, NoBrowserError, open_chromium
from ..support.environ import user_environ
from ..support.processes import free_ports, running, wait_until_up
from ..support.programs import require_program, skip_without

pytestmark = pytest.mark.slow

EXPECTED_ERROR = re.compile(
    r"Failed to load resource: the server responded with a status of 40[13] "
)
"""An error that Chromium logs for an expected 401 or 403; no page can prevent it."""

OPERATIONS = ("getPublic", "getPrivate", "getPrivateScoped")

FETCH_SCRIPT = """
const [url, headers, done] = arguments;
fetch(url, { headers }).then(
    async (response) => done({
        status: response.status,
        code: (await response.json()).code,
        challenge: response.headers.get("WWW-Authenticate"),
    }),
    (error) => done({ error: error.name }),
);
"""

NGINX_CONFIGURATION = """
pid nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port};
        location /messages/ {{ proxy_pass http://127.0.0.1:{api_port}/; }}
    }}
}}
"""

LIST_STORAGE = """
const done = arguments[0];
indexedDB.databases().then((databases) => done([
    ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...databases.map((d) => d.name)
]));
"""


@dataclass(frozen=True)
class Site:
    """A running `make dev`, and the origins of pages; the API allows all but `other`."""

    url: str
    certificate: Path
    token: str
    expired_token: str
    configured: str
    on_ipv6: str
    other: str


class IPv6Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


class QuietFileHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def pages_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,">Hello')
    return folder


@contextmanager
def serve_page(folder: Path, host: str, port: int) -> Iterator[int]:
    """Serve a page; yield the port, which is any free one if `port` is 0."""
    handler = functools.partial(QuietFileHandler, directory=str(folder))
    kind = IPv6Server if ":" in host else http.server.ThreadingHTTPServer
    with kind((host, port), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def page_port(pages_folder: Path) -> Iterator[int]:
    """The port of a server with one page, which has several origins: localhost and 127.0.0.1."""
    with serve_page(pages_folder, "127.0.0.1", 0) as port:
        yield port


@pytest.fixture(scope="module")
def site(ready_project: Path, page_port: int) -> Iterator[Site]:
    port, tenant_port = free_ports(2)
    ports = {"PORT": str(port), "LOCAL_AUTH0_PORT": str(tenant_port)}
    configured, other = f"http://localhost:{page_port}", f"http://127.0.0.1:{page_port}"
    on_ipv6 = f"http://[::1]:{page_port}"
    environ = user_environ(**ports, CORS_ORIGINS=f"{configured}, {on_ipv6}")

    def minted(*options: str) -> str:
        command = [".venv/bin/python", "-m", "local_auth0", *options]
        done = subprocess.run(command, cwd=ready_project, env=environ, stdout=-1, check=True)
        return done.stdout.decode().strip()

    with running(["make", "dev"], ready_project, environ, subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/docs/")
        yield Site(
            url=f"http://localhost:{port}",
            certificate=ready_project / ".local_auth0/server.pem",
            token=minted("token", "--scope", "read:messages"),
            expired_token=minted("--claims", '{"exp": 0}', "token", "--scope", "read:messages"),
            configured=configured,
            on_ipv6=on_ipv6,
            other=other,
        )


@pytest.fixture(scope="module")
def chromium(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests, because starting one takes over a second."""
    try:
        with open_chromium(tmp_path_factory.mktemp("chromium"), site.certificate) as chromium:
            yield chromium
    except NoBrowserError as error:
        skip_without(error.program)
    assert chromium.requested_hosts() <= LOOPBACK


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The shared browser. A page stores nothing: see test_token_does_not_outlive_the_page."""
    yield chromium
    errors = chromium.console_errors()
    assert [error for error in errors if not EXPECTED_ERROR.search(error)] == []


@pytest.fixture
def docs_page(browser: Browser, site: Site) -> DocsPage:
    return DocsPage(browser, f"{site.url}/docs/")


@pytest.fixture
def prefixed_url(site: Site, tmp_path: Path) -> Iterator[str]:
    """The URL of the API through nginx, which strips a path prefix."""
    (port,), api_port = free_ports(1), site.url.rpartition(":")[2]
    text = NGINX_CONFIGURATION.format(port=port, api_port=api_port)
    (tmp_path / "nginx.conf").write_text(text)
    options = ["-p", ".", "-c", "nginx.conf", "-e", "nginx.log", "-g", "daemon off;"]
    with running([require_program("nginx"), *options], tmp_path, user_environ()):
        url = f"http://localhost:{port}/messages"
        wait_until_up(f"{url}/docs/")
        yield url


def call_every_operation(docs_page: DocsPage) -> list[int]:
    """Call each endpoint as the current user; return the statuses."""
    return [docs_page.call(operation).status for operation in OPERATIONS]


def fetch_from_page(
    browser: Browser, origin: str, site: Site, token: str, **more: str
) -> dict[str, Any]:
    """Call the API from a page of this origin; return what it can read of the response."""
    browser.driver.get(origin)
    headers = {"Authorization": f"Bearer {token}", **more}
    url = f"{site.url}/api/private"
    result: dict[str, Any] = browser.driver.execute_async_script(FETCH_SCRIPT, url, headers)
    return result


def test_access_lasts_from_login_to_logout(docs_page: DocsPage) -> None:
    assert call_every_operation(docs_page) == [200, 401, 401]
    assert docs_page.call("getPrivate").body["code"] == "authorization_header_missing"

    docs_page.log_in("auth0|ann", ("read:messages",))

    assert call_every_operation(docs_page) == [200, 200, 200]
    assert docs_page.call("getPrivateScoped").body["sub"] == "auth0|ann"

    docs_page.log_out()

    assert call_every_operation(docs_page) == [200, 401, 401]


def test_user_without_the_scope_may_call_private(docs_page: DocsPage) -> None:
    docs_page.log_in("auth0|bob", ())

    assert call_every_operation(docs_page) == [200, 200, 403]
    assert docs_page.call("getPrivate").body["sub"] == "auth0|bob"
    assert docs_page.call("getPrivateScoped").body["code"] == "insufficient_scope"


def test_calls_with_a_path_prefix_reach_the_api(
    browser: Browser, site: Site, prefixed_url: str
) -> None:
    docs_page = DocsPage(browser, f"{prefixed_url}/docs")  # which redirects

    docs_page.paste(site.token)

    assert browser.driver.current_url == f"{prefixed_url}/docs/"

    assert call_every_operation(docs_page) == [200, 200, 200]


def test_denied_login_is_reported(docs_page: DocsPage) -> None:
    with docs_page.login():
        docs_page.browser.click("button[value=refuse]")

    error = docs_page.browser.find(".dialog-ux .errors").text
    assert "User did not authorize the request" in error
    docs_page.close_dialog()
    assert docs_page.call("getPrivate").status == 401


def test_expired_token_is_reported(docs_page: DocsPage, site: Site) -> None:
    docs_page.paste(site.expired_token)

    response = docs_page.call("getPrivate")

    assert (response.status, response.body["code"]) == (401, "token_expired")


def test_token_does_not_outlive_the_page(docs_page: DocsPage, site: Site) -> None:
    docs_page.log_in()
    driver = docs_page.browser.driver

    assert driver.execute_async_script(LIST_STORAGE) == []
    assert driver.execute_cdp_cmd("Storage.getCookies", {})["cookies"] == []
    assert DocsPage(docs_page.browser, f"{site.url}/docs/").call("getPrivate").status == 401


def test_configured_origin_may_read_rejections(browser: Browser, site: Site) -> None:
    response = fetch_from_page(browser, site.configured, site, site.expired_token)

    assert (response["status"], response["code"]) == (401, "token_expired")
    assert response["challenge"].startswith('Bearer realm="api", error="invalid_token"')


def test_configured_origin_may_call(browser: Browser, site: Site) -> None:
    assert fetch_from_page(browser, site.configured, site, site.token)["status"] == 200


def test_ipv6_origin_may_send_tracing_headers(
    browser: Browser, site: Site, pages_folder: Path, page_port: int
) -> None:
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    more = trace | dict.fromkeys(["X-Request-ID", "tracestate", "baggage", "sentry-trace"], "a=1")

    with serve_page(pages_folder, "::1", page_port):
        response = fetch_from_page(browser, site.on_ipv6, site, site.token, **more)

    assert response["status"] == 200


def test_other_origins_read_nothing(browser: Browser, site: Site) -> None:
    assert fetch_from_page(browser, site.other, site, site.token) == {"error": "TypeError"}

    blocked, failed = browser.console_errors()
    assert "has been blocked by CORS policy" in blocked
    assert failed.endswith("Failed to load resource: net::ERR_FAILED")
