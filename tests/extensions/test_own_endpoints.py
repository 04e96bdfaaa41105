"""Policies by name apply to endpoints that extensions register themselves."""

from importlib import import_module

import pytest

from .conftest import FLASK_CLASSES, MakeApi
from .contract import REJECTIONS, relevant_fields

pytestmark = pytest.mark.exhaustive

STATUSES = {
    "restx": {
        "/api/swagger.json": 200,
        "/api/docs": 200,
        "/swaggerui/swagger-ui.css": 200,
        "/api": 404,  # from Flask-RESTX itself
    },
    "smorest": {"/api/docs/openapi.json": 200, "/api/docs/swagger-ui": 200},
    "apiflask": {"/openapi.json": 200, "/docs": 200, "/docs/oauth2-redirect": 200},
    "openapi3": {"/openapi/openapi.json": 200, "/openapi/": 200},
    "prometheus": {"/metrics": 200},
}
"""By extension and path: the status for an allowed caller."""

REGISTERING = [name for name in STATUSES if name not in FLASK_CLASSES]  # not in a constructor
CASES = [*((name, "before") for name in REGISTERING), *((name, "after") for name in STATUSES)]
cases = pytest.mark.parametrize(("extension", "when"), CASES)


@cases
def test_public_extension_endpoint_needs_no_token(
    make_api: MakeApi, extension: str, when: str
) -> None:
    api = make_api(extension, "production", policies=when)

    for path, status in STATUSES[extension].items():
        with api.call(path, "no-token") as response:
            assert (path, response.status_code) == (path, status)


@cases
def test_scoped_extension_endpoint_needs_the_scope(
    make_api: MakeApi, extension: str, when: str
) -> None:
    api = make_api(extension, "production", "read:report", policies=when)

    for path, status in STATUSES[extension].items():
        for caller, expected in REJECTIONS["scoped"].items():
            received = relevant_fields(api.call(path, caller))
            assert (received.status, received.body) == (expected.status, expected.body), path
        with api.call(path, "valid-token") as response:
            assert (path, response.status_code) == (path, status)


@pytest.mark.parametrize("extension", REGISTERING)
def test_extension_endpoint_without_policy_raises_missing_policy(
    make_api: MakeApi, extension: str
) -> None:
    missing_policy = import_module("messages_api.auth").MissingPolicy

    with pytest.raises(missing_policy) as caught:
        make_api(extension, "production", policies="never")

    own_endpoints = import_module(f".{extension}", __package__).OWN_ENDPOINTS
    assert all(f"'{name.rstrip('*')}" in str(caught.value) for name in own_endpoints)
