"""openapi.yaml of the rendered project: it describes the bodies of errors correctly."""

from typing import Any

import pytest
from flask import Flask
from messages_api.openapi import document

from ..support.api import Call, Mint


def referenced_component(
    api: dict[str, Any], kind: str, reference: dict[str, str]
) -> dict[str, Any]:
    """Return the component that a reference names."""
    name = reference["$ref"].removeprefix(f"#/components/{kind}/")
    return dict(api["components"][kind][name])


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        pytest.param({"exp": 0}, 401, id="expired"),
        pytest.param({"aud": "https://other"}, 401, id="another audience"),
        pytest.param({"iss": "https://other/"}, 401, id="another issuer"),
        pytest.param({}, 403, id="no scope"),
    ],
)
def test_body_of_a_rejection_matches_its_schema(
    app: Flask, call: Call, token: Mint, claims: dict[str, Any], status: int
) -> None:
    api = document(app)

    response = call("/api/private-scoped", token(**claims))

    operation = api["paths"]["/api/private-scoped"]["get"]
    described = referenced_component(api, "responses", operation["responses"][str(status)])
    schema = described["content"]["application/json"]["schema"]
    (error,) = (referenced_component(api, "schemas", each) for each in schema["allOf"])
    assert (response.status_code, response.mimetype) == (status, "application/json")
    assert response.json is not None
    assert response.json.keys() == error["properties"].keys() == {*error["required"]}
    assert response.json["code"] in schema["properties"]["code"]["enum"]
