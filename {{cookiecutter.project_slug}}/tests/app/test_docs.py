"""The docs UI: when it is served, what it may load, what it logs in with."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from click import ClickException
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }} import create_app

PAGE = "/docs/"
ENVIRON = {"AUTH0_DOMAIN": "tenant.example", "AUTH0_AUDIENCE": "https://api.test"}

Get = Callable[[str], TestResponse]


@pytest.fixture
def page() -> Get:
    """Get a file of the docs UI, which is turned on: `page("")` is what a browser begins with."""
    client = create_app(ENVIRON | {"API_DOCS": "1"}).test_client()
    return lambda name: client.get(urljoin(PAGE, name), buffered=True)


def test_only_the_files_of_swagger_ui_that_are_needed_are_served(page: Get) -> None:
    assert page("swagger-ui-bundle.js").status_code == 200
    assert page("swagger-ui-standalone-preset.js").status_code == 404


@pytest.mark.parametrize(
    ("api_docs", "debug", "status"),
    [
        pytest.param("", "0", 404, id="off"),
        pytest.param("", "1", 200, id="on in debug mode"),
        pytest.param("1", "0", 200, id="turned on"),
        pytest.param(" 0 ", "1", 404, id="turned off in debug mode"),
    ],
)
def test_docs_ui_is_served_as_the_setting_says(
    monkeypatch: pytest.MonkeyPatch, api_docs: str, debug: str, status: int
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", debug)
    client = create_app(ENVIRON | {"API_DOCS": api_docs}).test_client()

    for name in ("", "page.js", "settings.json", "swagger-ui.css"):
        assert client.get(PAGE + name, buffered=True).status_code == status
    assert client.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_DOCS", "yes", "'1' to serve the page at /docs/, '0' not to,"),
        ("AUTH0_CLIENT_ID", "my client", "the client ID of a single-page application in Auth0,"),
        ("AUTH0_CLIENT_ID", "a" * 129, "the client ID of a single-page application in Auth0,"),
    ],
)
def test_malformed_setting_stops_the_start(name: str, value: str, expected: str) -> None:
    with pytest.raises(ClickException) as error:
        create_app(ENVIRON | {name: value})

    assert error.value.message.startswith(f"{name} is {value!r}: expected {expected}")


@pytest.mark.parametrize("client_id", ["", "  Local-client_1 "])
def test_docs_ui_logs_in_with_the_configured_client(client_id: str) -> None:
    app = create_app(ENVIRON | {"API_DOCS": "1", "AUTH0_CLIENT_ID": client_id})

    settings = app.test_client().get(f"{PAGE}settings.json").json

    assert settings == {"clientId": client_id.strip(), "audience": "https://api.test"}


@pytest.mark.parametrize("name", ["", "oauth2-redirect.html", "nothing"])
def test_policy_allows_only_this_api_and_its_tenant(page: Get, name: str) -> None:
    assert page(name).headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self' https://tenant.example;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Html(HTMLParser):
    """What a page refers to, and what the Content-Security-Policy would block."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refers: list[str] = []
        self.inline: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.refers += [str(value) for name, value in attrs if name in ("src", "href")]
        self.inline += [name for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(tag)


@pytest.mark.parametrize("name", ["", "oauth2-redirect.html"])
def test_html_refers_to_served_files_and_has_nothing_inline(page: Get, name: str) -> None:
    html = Html(page(name).text)

    assert html.inline == []
    assert html.refers
    for file in html.refers:
        assert re.fullmatch(r"[a-z0-9.-]+", file)
        assert page(file).status_code == 200


def test_script_loads_files_that_are_served(page: Get) -> None:
    files = re.findall(r'"([\w./-]+\.(?:json|html))"', page("page.js").text)

    assert files == ["oauth2-redirect.html", "../openapi.json", "settings.json"]
    for file in files:
        assert page(file).status_code == 200
