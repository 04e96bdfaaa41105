"""The document against the API that it describes, and the page that shows it."""

import ast
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import openapi_schema_validator
import openapi_spec_validator
import pytest
from click import ClickException
from flask.testing import FlaskClient
from werkzeug import Response
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }} import create_app, docs
from {{ cookiecutter.__package }}.auth import decorators
from {{ cookiecutter.__package }}.auth.decided import decision_of
from {{ cookiecutter.__package }}.auth.decorators import Decision

from .conftest import Call, Mint
from local_auth0 import Tenant

AUTH = Path(decorators.__file__).parent
PAGE = "/docs/"
PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
ENVIRON = {"AUTH0_DOMAIN": "tenant.example", "AUTH0_AUDIENCE": "https://api.test"}

Document = dict[str, Any]
Get = Callable[[str], TestResponse]


@pytest.fixture(scope="module")
def document() -> Document:
    document = create_app(ENVIRON).test_client().get("/openapi.json").json
    assert isinstance(document, dict)
    return document


@pytest.fixture
def page() -> Get:
    """Get a file of the page, which is on: `page("")` is what a browser begins with."""
    client = create_app(ENVIRON | {"API_DOCS": "1"}).test_client()
    return lambda name: client.get(urljoin(PAGE, name), buffered=True)


def routes() -> dict[str, Decision]:
    """Who may call what, as the views have decided; the document and its page are left out."""
    app, decisions = create_app(ENVIRON), {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        blueprint, _, _ = rule.endpoint.rpartition(".")
        if not blueprint.startswith("docs"):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                decisions[f"{method} {path}"] = decision_of(app, rule.endpoint)
    return decisions


def operations(document: Document) -> dict[str, Document]:
    """What the document says, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def demanded(operation: Document) -> Decision:
    """Who may call an operation, as the document says."""
    assert "security" in operation
    if operation["security"] == []:
        return Decision(public=True)
    login, pasted = operation["security"]
    assert login.keys() == {"auth0"}
    assert pasted == {"bearer": []}
    permissions = operation.get("x-permissions", [])
    return Decision(scopes=tuple(login["auth0"]), permissions=tuple(permissions))


def check_answer(document: Document, path: str, answer: TestResponse) -> None:
    """Look whether an answer to GET is one of those in the document: status, headers, body."""
    responses = document["paths"][path]["get"]["responses"]
    assert str(answer.status_code) in responses
    response = found(document, responses[str(answer.status_code)])
    for name, header in response.get("headers", {}).items():
        assert name in answer.headers or not found(document, header).get("required")
    check(document, answer.json, response["content"][answer.mimetype]["schema"])


def check(document: Document, value: object, schema: Document) -> None:
    """Look whether a value is as the schema says, whose references are to the components."""
    whole = schema | {"components": document["components"]}
    openapi_schema_validator.validate(value, whole)


def found(document: Document, node: Document) -> Document:
    """The component that a node refers to, or the node itself."""
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    component: Document = document["components"][kind][name]
    return component


def with_examples(node: object) -> Iterator[Document]:
    """Every schema that has examples."""
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from with_examples(child)


def test_every_route_is_in_the_document_and_nothing_else(document: Document) -> None:
    assert operations(document).keys() == routes().keys()


def test_the_document_demands_what_the_decorators_demand(document: Document) -> None:
    said = {name: demanded(operation) for name, operation in operations(document).items()}

    assert said == routes()


def test_every_scope_and_permission_that_is_demanded_can_be_asked_for(document: Document) -> None:
    flows = document["components"]["securitySchemes"]["auth0"]["flows"]
    decisions = [demanded(each) for each in operations(document).values()]
    names = {name for each in decisions for name in (*each.scopes, *each.permissions)}

    for flow in flows.values():
        assert names <= flow["scopes"].keys()


def test_the_document_has_the_version_of_the_project(document: Document) -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]

    assert document["info"]["version"] == project["version"]


def test_the_document_is_valid(document: Document) -> None:
    openapi_spec_validator.validate(document)


def test_the_examples_are_as_their_schemas_say(document: Document) -> None:
    schemas = list(with_examples(document))

    assert schemas
    for schema in schemas:
        for example in schema["examples"]:
            check(document, example, schema)


def test_the_document_has_every_code_of_a_refusal_and_no_other(document: Document) -> None:
    """In `auth/` a code is the first of two arguments, of a Broken or of an AuthError."""
    used = {
        str(node.args[0].value)
        for file in AUTH.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and re.search(r"(Broken|InvalidToken|__init__)$", ast.unparse(node.func))
        and len(node.args) == 2
        and isinstance(node.args[0], ast.Constant)
    }

    responses = document["components"]["responses"]
    kinds = [responses[name] for name in ("Unauthorized", "Forbidden", "KeysUnavailable")]
    schemas = [kind["content"]["application/json"]["schema"] for kind in kinds]
    listed = [code for schema in schemas for code in schema["properties"]["code"]["enum"]]
    assert sorted(listed) == sorted(used)


@pytest.mark.parametrize("scope", [None, "", "read:messages"], ids=["no token", "none", "scope"])
def test_an_answer_is_as_the_document_says(
    client: FlaskClient, document: Document, token: Mint, scope: str | None
) -> None:
    headers = {} if scope is None else {"Authorization": f"Bearer {token(scope=scope)}"}

    for name in operations(document):
        method, _, path = name.partition(" ")
        if method == "GET" and "{" not in path:
            check_answer(document, path, client.get(path, headers=headers))


@pytest.mark.parametrize(
    ("code", "claims"),
    [
        ("token_expired", {"exp": 0}),
        ("invalid_audience", {"aud": "https://other.test"}),
        ("invalid_issuer", {"iss": "https://other.test/"}),
        ("invalid_claims", {"sub": ""}),
    ],
)
def test_a_refusal_is_as_the_document_says(
    call: Call, document: Document, token: Mint, code: str, claims: dict[str, object]
) -> None:
    answer = call("/api/private", token(**claims))

    assert answer.json is not None
    assert answer.json["code"] == code
    check_answer(document, "/api/private", answer)


def test_an_outage_of_the_tenant_is_as_the_document_says(
    call: Call, document: Document, token: Mint, tenant: Tenant
) -> None:
    tenant.fault = lambda: Response(status=500)

    answer = call("/api/private", token())

    assert answer.status_code == 503
    check_answer(document, "/api/private", answer)


@pytest.mark.parametrize(
    ("path", "status"), [("/api/nowhere", 404), ("/api/private", 405)], ids=["404", "405"]
)
def test_any_other_error_is_as_the_document_says(
    client: FlaskClient, document: Document, path: str, status: int
) -> None:
    answer = client.post(path)

    assert answer.status_code == status
    check(document, answer.json, document["components"]["schemas"]["Error"])


def test_the_document_names_the_tenant_of_the_settings(document: Document) -> None:
    flows = document["components"]["securitySchemes"]["auth0"]["flows"]

    user, machine = flows["authorizationCode"], flows["clientCredentials"]
    assert user["authorizationUrl"] == "https://tenant.example/authorize"
    assert user["tokenUrl"] == machine["tokenUrl"] == "https://tenant.example/oauth/token"


@pytest.mark.parametrize("audience", ["https://api.test", "urn:\"'\\n\\\\${AUTH0_DOMAIN}<b>🦆"])
def test_an_audience_stands_in_the_document_as_it_was_set(audience: str) -> None:
    app = create_app(ENVIRON | {"AUTH0_AUDIENCE": audience})

    document = app.test_client().get("/openapi.json").json

    assert document is not None
    scheme = document["components"]["securitySchemes"]["auth0"]
    assert scheme["description"] == f"Log in at `tenant.example`, for the audience `{audience}`"


def test_a_document_that_has_changed_is_read_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(docs, "DOCUMENT", tmp_path / "openapi.yaml")
    client = create_app(ENVIRON).test_client()

    for changed in (1, 2):
        docs.DOCUMENT.write_text(f"changed: {changed}")
        os.utime(docs.DOCUMENT, (changed, changed))
        assert client.get("/openapi.json").json == {"changed": changed}


def test_of_swagger_ui_only_what_the_page_needs_is_served(page: Get) -> None:
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
def test_the_page_is_served_only_when_it_is_to_be(
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
def test_a_bad_setting_of_the_page_stops_the_start(name: str, value: str, expected: str) -> None:
    with pytest.raises(ClickException) as error:
        create_app(ENVIRON | {name: value})

    assert error.value.message.startswith(f"{name} is {value!r}: expected {expected}")


@pytest.mark.parametrize("client_id", ["", "  Local-client_1 "])
def test_the_page_logs_in_as_the_settings_say(client_id: str) -> None:
    app = create_app(ENVIRON | {"API_DOCS": "1", "AUTH0_CLIENT_ID": client_id})

    settings = app.test_client().get(f"{PAGE}settings.json").json

    assert settings == {"clientId": client_id.strip(), "audience": "https://api.test"}


@pytest.mark.parametrize("name", ["", "oauth2-redirect.html", "nothing"])
def test_the_page_may_ask_this_api_and_its_tenant_alone(page: Get, name: str) -> None:
    assert page(name).headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self' https://tenant.example;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Html(HTMLParser):
    """What a page refers to, and what in it the policy would not let through."""

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
def test_the_page_refers_to_files_that_are_served_and_has_nothing_inline(
    page: Get, name: str
) -> None:
    html = Html(page(name).text)

    assert html.inline == []
    assert html.refers
    for file in html.refers:
        assert re.fullmatch(r"[a-z0-9.-]+", file)
        assert page(file).status_code == 200


def test_the_script_of_the_page_asks_for_what_is_served(page: Get) -> None:
    files = re.findall(r'"([\w./-]+\.(?:json|html))"', page("page.js").text)

    assert files == ["oauth2-redirect.html", "../openapi.json", "settings.json"]
    for file in files:
        assert page(file).status_code == 200
