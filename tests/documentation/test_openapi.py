"""The OpenAPI document in detail: policies, complete and minimal files, and settings."""

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView
from messages_api import create_app
from messages_api.auth import (
    optional_auth,
    public,
    requires_any_permission,
    requires_any_scope,
    requires_auth,
    requires_claim,
    requires_permission,
    requires_scope,
)
from messages_api.openapi import document

from ..support.api import View, view_returning

ENVIRON = {"AUTH0_DOMAIN": "tenant.example", "AUTH0_AUDIENCE": "https://api.test"}
ERRORS = {"401", "503"}
EITHER = requires_any_scope("a", "b")

Document = dict[str, Any]

EVERYTHING = """
openapi: 3.1.0
info: { title: Everything, version: "1" }
servers: [{ url: /v1 }]
paths:
  /items/{number}:
    summary: Items
    description: One at a time
    servers: [{ url: /v2 }]
    parameters:
      - { name: number, in: path, required: true, schema: { type: integer } }
    get:
      responses:
        200: { description: CSV, content: { text/csv: { schema: { type: string } } } }
        4XX: { description: Any error }
    head: { responses: { 200: { description: No body } } }
    options: { responses: { 204: { description: No body } } }
    delete:
      description: Deletes.
      responses: { 204: { description: No body }, 401: { description: Own } }
components:
  responses:
    Unauthorized: { description: Unauthorized }
    Forbidden: { description: Forbidden }
    KeysUnavailable: { description: Unavailable }
  securitySchemes:
    token: { type: http, scheme: Bearer }
    key: { type: apiKey, in: header, name: X-Key }
"""


@pytest.fixture
def app() -> Flask:
    app: Flask = create_app(ENVIRON)
    return app


@pytest.fixture
def openapi_file(tmp_path: Path) -> Path:
    """A file with much of what OpenAPI 3.1 allows."""
    (tmp_path / "openapi.yaml").write_text(EVERYTHING)
    return tmp_path / "openapi.yaml"


def oauth2_security(*scopes: str) -> Document:
    return {"auth0": list(scopes)}


BEARER: Document = {"bearer": []}


@pytest.mark.parametrize(
    ("policy", "security", "errors", "description"),
    [
        pytest.param(public, [], set(), None, id="public"),
        pytest.param(
            optional_auth,
            [{}, oauth2_security(), BEARER],
            ERRORS,
            "The access token is optional; if one is sent, it must be valid.",
            id="optional",
        ),
        pytest.param(requires_auth, [oauth2_security(), BEARER], ERRORS, "", id="auth"),
        pytest.param(
            requires_scope("a", "b"),
            [oauth2_security("a", "b"), BEARER],
            ERRORS | {"403"},
            "Requires the scope a and the scope b.",
            id="all scopes",
        ),
        pytest.param(
            EITHER,
            [oauth2_security("a"), oauth2_security("b"), BEARER],
            ERRORS | {"403"},
            "Requires the scope a or b.",
            id="any scope",
        ),
        pytest.param(
            lambda view: requires_scope("c")(EITHER(view)),
            [oauth2_security("c", "a"), oauth2_security("c", "b"), BEARER],
            ERRORS | {"403"},
            "Requires the scope c and the scope a or b.",
            id="any scope and another",
        ),
        pytest.param(
            requires_permission("a"),
            [oauth2_security(), BEARER],
            ERRORS | {"403"},
            "Requires the permission a.",
            id="permission",
        ),
        pytest.param(
            requires_claim("org_id", "org_1", "org_2"),
            [oauth2_security(), BEARER],
            ERRORS | {"403"},
            "Requires the claim org_id=org_1 or org_2.",
            id="claim",
        ),
    ],
)
def test_policy_adds_security_errors_and_description(
    app: Flask,
    policy: View,
    security: list[Document],
    errors: set[str],
    description: str | None,
) -> None:
    app.add_url_rule("/show", "show", policy(lambda: ""))

    result = document(app)

    operation = result["paths"]["/show"]["get"]
    assert operation["security"] == security
    assert operation["responses"].keys() == {"default", *errors}
    assert operation.get("description") == description


def test_scopes_and_permissions_are_offered_at_login(app: Flask) -> None:
    view = requires_scope("write:items")(requires_any_permission("x", "y")(lambda: ""))
    app.add_url_rule("/show", "show", requires_claim("org_id", "org_1")(view))

    flows = document(app)["components"]["securitySchemes"]["auth0"]["flows"]

    for flow in flows.values():
        assert {"write:items", "x", "y"} <= flow["scopes"].keys()
        assert "org_1" not in flow["scopes"]


def test_route_without_a_description_appears_with_its_docstring(app: Flask) -> None:
    def get_order(**_: object) -> str:
        """Return an order.

        It has more lines.
        """
        return ""

    rule = "/orders/<int(min=1):number>/<name>/<uuid:key>/<float:price>"
    app.add_url_rule(rule, "order", public(get_order))

    path = document(app)["paths"]["/orders/{number}/{name}/{key}/{price}"]

    assert path.keys() == {"get"}
    assert path["get"]["summary"] == "Return an order."
    parameters = path["get"]["parameters"]
    assert [each["name"] for each in parameters] == ["number", "name", "key", "price"]


def test_class_method_appears_with_docstring_or_name(app: Flask) -> None:
    @public
    class Page(MethodView):
        def get(self) -> str:
            """Return the page."""
            return ""

        def put(self) -> str:
            return ""

    app.add_url_rule("/show", view_func=Page.as_view("home_page"))

    path = document(app)["paths"]["/show"]

    assert path["get"]["summary"] == "Return the page."
    assert path["put"]["summary"] == "home_page"


def test_document_does_not_describe_itself() -> None:
    app = create_app(ENVIRON | {"API_DOCS": "1"})

    assert not [path for path in document(app)["paths"] if path.startswith(("/docs", "/openapi"))]


def test_contents_of_the_file_are_kept(app: Flask, openapi_file: Path) -> None:
    @requires_scope("a")
    class Items(MethodView):
        def get(self, number: int) -> str:
            return str(number)

        delete = post = get

        options = public(view_returning(""))

    app.add_url_rule("/items/<int:number>", view_func=Items.as_view("items"))
    app.add_url_rule("/items/<int:number>", view_func=Items.as_view("again"))

    result = document(app, openapi_file)

    items = result["paths"]["/items/{number}"]
    assert items["summary"] == "Items"
    assert items["servers"] == [{"url": "/v2"}]
    assert items["get"]["responses"].keys() == {"200", "4XX", "401", "403", "503"}
    assert items["head"]["security"] == items["get"]["security"] == [{"token": []}]
    assert items["options"]["security"] == []
    assert items["delete"]["description"] == "Deletes.\n\nRequires the scope a."
    assert items["delete"]["responses"]["401"] == {"description": "Own"}
    assert "post" in items


def test_scope_in_the_file_keeps_its_description(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(
        "{openapi: 3.1.0, info: {}, paths: {}, components: {securitySchemes: {auth0:"
        " {type: oauth2, flows: {implicit: {scopes: {a: Own}}}}}}}"
    )
    app.add_url_rule("/show", "show", requires_scope("a")(lambda: ""))

    schemes = document(app, tmp_path / "openapi.yaml")["components"]["securitySchemes"]

    assert schemes["auth0"]["flows"]["implicit"]["scopes"]["a"] == "Own"


def test_file_without_components_is_completed(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("{openapi: 3.1.0, info: {}, webhooks: {}}")

    app.add_url_rule("/show", "show", requires_auth(lambda: ""))

    operation = document(app, tmp_path / "openapi.yaml")["paths"]["/show"]["get"]

    assert operation["security"] == []


def test_changed_file_is_read_again(app: Flask, openapi_file: Path) -> None:
    for changed in (1, 2):
        openapi_file.write_text(EVERYTHING.replace("Everything", f"Version {changed}"))
        os.utime(openapi_file, (changed, changed))
        assert document(app, openapi_file)["info"]["title"] == f"Version {changed}"


def test_served_document_has_the_configured_tenant(app: Flask) -> None:
    result = app.test_client().get("/openapi.json").json

    assert result is not None
    flows = result["components"]["securitySchemes"]["auth0"]["flows"]
    user, machine = flows["authorizationCode"], flows["clientCredentials"]
    assert user["authorizationUrl"] == "https://tenant.example/authorize"
    assert user["tokenUrl"] == machine["tokenUrl"] == "https://tenant.example/oauth/token"


@pytest.mark.parametrize(
    "audience",
    ["https://api.test", "urn:\"'\\n\\\\${AUTH0_DOMAIN}<b>🦆"],
    ids=["URL", "special characters"],
)
def test_audience_is_shown_unchanged(audience: str) -> None:
    app = create_app(ENVIRON | {"AUTH0_AUDIENCE": audience})

    scheme = document(app)["components"]["securitySchemes"]["auth0"]

    assert scheme["description"] == f"Log in at `tenant.example`, for the audience `{audience}`"
