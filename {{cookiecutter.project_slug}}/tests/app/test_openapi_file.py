"""openapi.yaml against the API: it is valid, and the API responds as it says."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import openapi_schema_validator
import openapi_spec_validator
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }}.auth.gate import policies
from {{ cookiecutter.__package }}.auth.policies import Policy
from {{ cookiecutter.__package }}.openapi import document, path_of

from ..conftest import Mint

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}

Node = dict[str, Any]


@pytest.fixture
def api(app: Flask) -> Node:
    """The document of the API."""
    return document(app)


def operations(api: Node) -> set[tuple[str, str]]:
    return {
        (each.upper(), path) for path, item in api["paths"].items() for each in METHODS & {*item}
    }


def found(api: Node, node: Node) -> Node:
    """Return a node, or the component that it refers to."""
    while "$ref" in node:
        reference, node = node["$ref"], api
        for key in reference.removeprefix("#/").split("/"):
            node = node[key.replace("~1", "/").replace("~0", "~")]
    return node


def check_value(api: Node, value: object, schema: Node) -> None:
    whole = schema | {"components": api.get("components", {})}
    openapi_schema_validator.validate(value, whole)


def check_response(api: Node, path: str, response: TestResponse) -> None:
    """Check status, required headers and JSON body of a response to GET."""
    described = api["paths"][path]["get"]["responses"]
    status = str(response.status_code)
    ranges = [key for key in (status, f"{status[0]}XX", "default") if key in described]
    assert ranges, f"openapi.yaml does not describe the status {status} of GET {path}"
    expected = found(api, described[ranges[0]])
    for name, header in expected.get("headers", {}).items():
        assert name in response.headers or not found(api, header).get("required")
    content = expected.get("content", {})
    media = [each for kind, each in content.items() if matches(kind, response)]
    assert media or not content, f"GET {path} responds with {response.mimetype}"
    if media and response.is_json and "schema" in media[0]:
        check_value(api, response.json, media[0]["schema"])


def matches(kind: str, response: TestResponse) -> bool:
    """Whether a response is of a media type, or of a range such as `text/*`."""
    return fnmatchcase(response.mimetype or "", kind.partition(";")[0].strip().lower())


def needs_parameters(api: Node, path: str) -> bool:
    item = api["paths"][path]
    parameters = [*item.get("parameters", ()), *item["get"].get("parameters", ())]
    return any(found(api, each).get("required") for each in parameters)


def claims_for(policy: Policy) -> dict[str, Any]:
    """Claims that meet a policy."""
    claims: dict[str, Any] = {"scope": policy.scope, "permissions": []}
    for each in policy.requirements:
        if each.kind == "permission":
            claims["permissions"].append(each.values[0])
        elif each.kind == "claim":
            claims[each.claim] = each.values[0]
    return claims


def schemas_with_examples(node: object) -> Iterator[Node]:
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from schemas_with_examples(child)


def test_document_is_valid(api: Node) -> None:
    openapi_spec_validator.validate(api)


def test_document_describes_only_what_exists(app: Flask, api: Node) -> None:
    routes = {
        (each, path_of(rule)) for rule in app.url_map.iter_rules() for each in rule.methods or ()
    }

    unknown = sorted(operations(api) - routes)
    assert unknown == [], (
        "openapi.yaml describes endpoints that do not exist: remove or rename them"
    )


def test_examples_match_their_schemas(api: Node) -> None:
    for schema in schemas_with_examples(api):
        for example in schema["examples"]:
            check_value(api, example, schema)


def test_responses_are_as_described(
    app: Flask, client: FlaskClient, api: Node, token: Mint
) -> None:
    for rule, method, policy in policies(app):
        path = path_of(rule)
        if method == "GET" and ("GET", path) in operations(api) and not needs_parameters(api, path):
            for given in (None, {}, {"exp": 0}, claims_for(policy)):
                headers = {} if given is None else {"Authorization": f"Bearer {token(**given)}"}
                check_response(api, path, client.get(path, headers=headers))
