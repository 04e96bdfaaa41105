"""The cache only serves callers whom the policy allows."""

import logging

import pytest

from .conftest import MakeApi
from .contract import MODES, NOT_YOURS, REJECTIONS, relevant_fields

pytestmark = pytest.mark.exhaustive

modes = pytest.mark.parametrize("mode", MODES)


@modes
def test_cached_response_is_not_served_without_token(make_api: MakeApi, mode: str) -> None:
    api = make_api("caching", mode)

    for path, policy in api.endpoints.items():
        if policy in ("private", "scoped"):
            assert api.call(path, "valid-token").status_code == 200, path
            for caller, expected in REJECTIONS[policy].items():
                assert relevant_fields(api.call(path, caller)) == expected, (path, caller)


@modes
def test_repeated_rejection_is_the_same_without_warnings(
    make_api: MakeApi, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    api = make_api("caching", mode)

    for path in (path for path, policy in api.endpoints.items() if policy == "forbidden"):
        assert relevant_fields(api.call(path, "valid-token")) == NOT_YOURS, path
        assert relevant_fields(api.call(path, "valid-token")) == NOT_YOURS, path
    assert [it.message for it in caplog.records if it.levelno >= logging.WARNING] == []
