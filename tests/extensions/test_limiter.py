"""A rate limiter counts only the requests that the gate allows, for each client separately."""

from pathlib import Path
from typing import Any

import pytest

from ..support.recipes import RATE_LIMIT, recipe_code
from .conftest import MakeApi
from .contract import MODES, ExtendedApi

pytestmark = pytest.mark.exhaustive


@pytest.fixture(params=MODES)
def limited_api(make_api: MakeApi, request: pytest.FixtureRequest) -> ExtendedApi:
    return make_api("limiter", request.param)


def repeat_call(api: ExtendedApi, path: str, caller: str, count: int) -> list[int]:
    return [api.call(path, caller).status_code for _ in range(count)]


def test_each_client_has_its_own_limit(limited_api: ExtendedApi) -> None:
    assert repeat_call(limited_api, "/api/twice", "valid-token", 3) == [200, 200, 429]
    assert repeat_call(limited_api, "/api/twice", "other-client", 3) == [200, 200, 429]


def test_rejections_do_not_count(limited_api: ExtendedApi) -> None:
    for caller, status in {"no-token": 401, "expired-token": 401, "no-scope": 403}.items():
        assert repeat_call(limited_api, "/api/twice", caller, 3) == [status] * 3
    assert repeat_call(limited_api, "/api/twice", "valid-token", 3) == [200, 200, 429]


def test_public_endpoint_is_limited_by_address(limited_api: ExtendedApi) -> None:
    assert repeat_call(limited_api, "/healthz", "no-token", 31) == [200] * 30 + [429]
    assert repeat_call(limited_api, "/healthz", "valid-token", 1) == [429]
    assert repeat_call(limited_api, "/readyz", "no-token", 1) == [200]


def test_documented_recipe_limits_each_client(make_api: MakeApi, api_folder: Path) -> None:
    (recipe,) = recipe_code(api_folder, RATE_LIMIT).values()
    names: dict[str, Any] = {}
    exec(recipe.replace("from .auth", "from messages_api.auth"), names)  # noqa: S102  # as a user would
    api = make_api("plain", "production")
    names["limiter"].init_app(api.app)
    (path, *_) = (path for path, policy in api.endpoints.items() if policy == "scoped")

    assert repeat_call(api, path, "valid-token", 101) == [200] * 100 + [429]
    assert repeat_call(api, path, "other-client", 1) == [200]
    assert repeat_call(api, "/healthz", "no-token", 1) == [200]
