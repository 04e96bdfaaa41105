"""Metrics of requests count rejections; metrics of views only count requests that reach a view."""

import pytest

from .conftest import MakeApi
from .contract import CALLERS, MODES

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("mode", MODES)
def test_metrics_of_requests_count_rejections(make_api: MakeApi, mode: str) -> None:
    api = make_api("prometheus", mode)

    for caller in CALLERS:
        api.call("/api/scoped/outside", caller)

    metrics = api.call("/metrics", "no-token").text.splitlines()
    for status, count in {200: 1, 401: 2, 403: 1}.items():
        total = f'flask_http_request_total{{method="GET",status="{status}"}}'
        assert f"{total} {count}.0" in metrics
    assert "scoped_outside_total 1.0" in metrics
