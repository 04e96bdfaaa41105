"""The root conftest.py of a project under mutation: see `mutants.py`."""

import os

import pytest

_IS_MUTANT = "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests: in mutmut's order, fixtures of modules would be set up again and again."""
    items.sort(key=lambda item: item.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """End as after a failed test if a module cannot be imported: mutmut would see a timeout."""
    if report.failed and _IS_MUTANT:
        os._exit(1)


try:
    import messages_api as messages_api
except Exception:
    if _IS_MUTANT:
        os._exit(1)
    raise
