"""Every rejection is documented: its hint in docs/calling.md, its code in the OpenAPI document."""

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..support.markdown import Page

RESPONSES = {401: "Unauthorized", 403: "Forbidden", 503: "KeysUnavailable"}


@pytest.fixture(scope="module")
def reasons(api_folder: Path) -> list[Any]:
    """Every `Reason` for a rejection in the rendered API."""
    assert api_folder.exists()
    module = importlib.import_module("messages_api.auth.rejections")
    return [each for each in vars(module).values() if isinstance(each, module.Reason)]


@pytest.fixture(scope="module")
def rejection_table(api_folder: Path) -> list[list[str]]:
    """The table of rejections in docs/calling.md."""
    return Page(api_folder / "docs" / "calling.md").table("status, code")


def test_calling_page_has_the_hint_of_every_rejection(
    rejection_table: list[list[str]], reasons: list[Any]
) -> None:
    hints = [row[-1] for row in rejection_table]

    assert len(reasons) > 20
    assert [each.hint for each in reasons if each.hint not in hints] == []


def test_calling_page_has_a_row_for_every_code(
    rejection_table: list[list[str]], reasons: list[Any]
) -> None:
    codes = [row[0].partition(",")[0] for row in rejection_table]

    assert [each for each in reasons if f"{each.status} {each.code}" not in codes] == []


@pytest.mark.parametrize("status", RESPONSES)
def test_openapi_file_lists_every_code(api_folder: Path, reasons: list[Any], status: int) -> None:
    text = (api_folder / "messages_api/openapi.yaml").read_text(encoding="utf-8")
    response = yaml.safe_load(text)["components"]["responses"][RESPONSES[status]]

    schema = response["content"]["application/json"]["schema"]
    codes = {each.code for each in reasons if each.status == status}
    assert set(schema["properties"]["code"]["enum"]) == codes
