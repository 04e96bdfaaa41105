"""What docs/architecture.md says of the rendered API: who imports whom, its numbers, its picture."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.markdown import Page
from ..support.paths import IN_TEMPLATE, TEMPLATE

PAGE = Page(TEMPLATE / "docs" / "architecture.md")
PICTURE = (TEMPLATE / "docs" / "pictures" / "request.svg").read_text(encoding="utf-8")

MAY = {
    module: ({*filter(None, own.split(", "))}, {*filter(None, others.split(", "))})
    for module, own, others in PAGE.table("module")
}
"""By module: what it imports of the API, and of other packages, as the page has it."""

ORDER = list(MAY)
NUMBERS = [(*name.split("."), seconds) for name, seconds, _ in PAGE.table("name")]

EVERYBODYS = {"__init__.py", "config.py"}
"""Neither on the way of a request nor extras: the factory and the settings."""


@pytest.fixture(scope="module")
def imports(api_folder: Path) -> dict[str, set[str]]:
    """By module, what it imports: `auth/key_cache.py` of the API, `requests` of others."""
    package = api_folder / "messages_api"
    return {
        module.relative_to(package).as_posix(): set(_imported(package, module))
        for module in package.rglob("*.py")
    }


def _imported(package: Path, module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            target = module.parents[node.level - 1] / (node.module or "").replace(".", "/")
            for alias in node.names:
                yield _file(target / alias.name, target).relative_to(package).as_posix()


def _file(*targets: Path) -> Path:
    """The first of these that is a module, with its ending."""
    files = [it for at in targets for it in (at.with_suffix(".py"), at / "__init__.py")]
    return next(it for it in files if it.exists())


@pytest.mark.parametrize("module", ORDER)
def test_module_imports_are_as_documented(imports: dict[str, set[str]], module: str) -> None:
    names = imports[module] - sys.stdlib_module_names

    of_the_api = {name for name in names if name.endswith(".py")}
    assert (of_the_api, names - of_the_api) == MAY[module]


@pytest.mark.parametrize("module", ORDER)
def test_module_imports_only_modules_below_it(module: str) -> None:
    assert MAY[module][0] <= set(ORDER[ORDER.index(module) + 1 :])


def test_every_module_on_the_way_of_a_request_is_in_the_table(imports: dict[str, set[str]]) -> None:
    around = {"routes.py", "errors.py"}
    assert {name for name in imports if name.startswith("auth/")} | around == MAY.keys()


def test_nothing_imports_an_extra_but_the_factory(imports: dict[str, set[str]]) -> None:
    extras = imports.keys() - MAY.keys() - EVERYBODYS
    importers = {
        (module, extra)
        for module, names in imports.items()
        for extra in names & extras
        if Path(module).parent != Path(extra).parent or module not in extras
    }

    assert importers
    assert {module for module, _ in importers} == {"__init__.py"}


@pytest.mark.usefixtures("api_folder")
@pytest.mark.parametrize(("module", "name", "seconds"), NUMBERS)
def test_documented_number_is_that_of_the_code(module: str, name: str, seconds: str) -> None:
    code = importlib.import_module(f"messages_api.auth.{module}")

    assert getattr(code, name) == int(seconds)


def test_picture_names_existing_modules_and_every_rejection() -> None:
    rows = Page(IN_TEMPLATE / "docs" / "calling.md").table("status, code")
    refusals = {tuple(row[0].partition(",")[0].split()) for row in rows}
    files = re.findall(r'class="file"[^>]*>(.*?)<', PICTURE)

    assert len(files) > 5
    assert [file for file in files if not {file, f"auth/{file}"} & MAY.keys()] == []
    assert set(re.findall(r">(\d{3}) (\w+)<", PICTURE)) == refusals


def test_picture_fetches_nothing_and_has_both_color_schemes() -> None:
    assert "(prefers-color-scheme: dark)" in PICTURE
    assert not re.search(r"@import|<script|<image|<foreignObject|href|url\((?!#)", PICTURE)
