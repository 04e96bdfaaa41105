"""Callers receive the same rejections under every extension, in every mode of Flask."""

import pytest
from werkzeug.test import TestResponse

from .conftest import MakeApi
from .contract import CALLERS, EXTENSIONS, HELLO, MODES, RelevantFields, relevant_fields

pytestmark = pytest.mark.exhaustive

HTTP = tuple(name for name in EXTENSIONS if name != "sock")
VALIDATING = ("plain", "restx", "restful", "smorest", "apiflask", "openapi3")

extensions = pytest.mark.parametrize("extension", EXTENSIONS)
http_extensions = pytest.mark.parametrize("extension", HTTP)
callers = pytest.mark.parametrize("caller", CALLERS)
modes = pytest.mark.parametrize("mode", MODES)


@modes
@callers
@extensions
def test_rejection_has_the_expected_fields(
    shared_api: MakeApi, extension: str, caller: str, mode: str
) -> None:
    api = shared_api(extension, mode)
    expected = api.expected_rejections(caller)

    assert {path: relevant_fields(api.call(path, caller)) for path in expected} == expected


@modes
@callers
@extensions
def test_rejection_is_the_same_as_in_plain_flask(
    shared_api: MakeApi, extension: str, caller: str, mode: str
) -> None:
    api, plain = shared_api(extension, mode), shared_api("plain", "production")

    for path in api.expected_rejections(caller):
        reference = plain.call(f"/api/{api.endpoints[path]}/outside", caller)
        assert normalize_response(api.call(path, caller)) == normalize_response(reference), path


def normalize_response(response: TestResponse) -> object:
    """Return the response without the white space in the JSON, which depends on the extension."""
    headers = sorted(each for each in response.headers.items() if each[0] != "Content-Length")
    return response.status, headers, response.get_json()


@modes
@callers
@http_extensions
def test_allowed_request_reaches_the_view(
    shared_api: MakeApi, extension: str, caller: str, mode: str
) -> None:
    api = shared_api(extension, mode)
    paths = [path for path in api.endpoints if path not in api.expected_rejections(caller)]

    received = {path: relevant_fields(api.call(path, caller, text="Hello!")) for path in paths}

    assert received == dict.fromkeys(paths, RelevantFields(200, HELLO))


@modes
@pytest.mark.parametrize("extension", VALIDATING)
def test_invalid_body_is_reported_to_an_allowed_caller(
    shared_api: MakeApi, extension: str, mode: str
) -> None:
    api = shared_api(extension, mode)

    for path in (path for path, policy in api.endpoints.items() if policy == "validated"):
        response = api.call(path, "valid-token")
        assert response.status_code in (400, 422), path
        assert "text" in response.text, path


@callers
@http_extensions
def test_head_has_the_policy_of_get(shared_api: MakeApi, extension: str, caller: str) -> None:
    api = shared_api(extension, "production")

    for path in (path for path, policy in api.endpoints.items() if policy != "validated"):
        assert api.call(path, caller, "HEAD").status == api.call(path, caller).status, path


@extensions
def test_endpoints_cover_every_policy(shared_api: MakeApi, extension: str) -> None:
    policies = set(shared_api(extension, "production").endpoints.values())

    assert {"public", "private", "scoped"} <= policies
    assert ("forbidden" in policies) == (extension in HTTP)
    assert ("validated" in policies) == (extension in VALIDATING)
