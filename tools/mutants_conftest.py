"""The conftest.py in the root of a project with mutants: see `mutants.py`."""

import os

import pytest

_IS_MUTANT = "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests: mutmut's order would set up the fixtures of modules several times."""
    items.sort(key=lambda item: item.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Fail if a mutant cannot be imported: mutmut would report a timeout otherwise."""
    if report.failed and _IS_MUTANT:
        os._exit(1)


try:
    import messages_api as messages_api
except Exception:
    if _IS_MUTANT:
        os._exit(1)
    raise
