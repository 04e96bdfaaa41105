"""docs/architecture.md matches the rendered API: imports, numbers, and the picture."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.markdown import Page
from ..support.paths import TEMPLATE

PAGE = Page(TEMPLATE / "docs" / "architecture.md")
PICTURE = (TEMPLATE / "docs" / "pictures" / "request.svg").read_text(encoding="utf-8")

DOCUMENTED_IMPORTS = {
    module: ({*filter(None, own.split(", "))}, {*filter(None, others.split(", "))})
    for module, own, others in PAGE.table("module")
}
"""By module: the documented imports of modules of the API, and of other packages."""

ORDER = list(DOCUMENTED_IMPORTS)
NUMBERS = [(*name.split("."), seconds) for name, seconds, _ in PAGE.table("name")]

SHARED_MODULES = {"__init__.py", "config.py"}
"""The factory and the settings: not in the table, and imported by any module."""


@pytest.fixture(scope="module")
def module_imports(api_folder: Path) -> dict[str, set[str]]:
    """The imports of each module, such as `auth/key_cache.py` of the API or `requests`."""
    package = api_folder / "messages_api"
    return {
        module.relative_to(package).as_posix(): set(_imported_modules(package, module))
        for module in package.rglob("*.py")
    }


def _imported_modules(package: Path, module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            target = module.parents[node.level - 1] / (node.module or "").replace(".", "/")
            for alias in node.names:
                yield _module_file(target / alias.name, target).relative_to(package).as_posix()


def _module_file(*targets: Path) -> Path:
    """Return the file of the first target that is a module or package."""
    files = [it for at in targets for it in (at.with_suffix(".py"), at / "__init__.py")]
    return next(it for it in files if it.exists())


@pytest.mark.parametrize("module", ORDER)
def test_module_imports_are_as_documented(module_imports: dict[str, set[str]], module: str) -> None:
    names = module_imports[module] - sys.stdlib_module_names

    of_the_api = {name for name in names if name.endswith(".py")}
    assert (of_the_api, names - of_the_api) == DOCUMENTED_IMPORTS[module]


@pytest.mark.parametrize("module", ORDER)
def test_module_imports_only_modules_below_it(module: str) -> None:
    assert DOCUMENTED_IMPORTS[module][0] <= set(ORDER[ORDER.index(module) + 1 :])


def test_every_module_that_handles_requests_is_in_the_table(
    module_imports: dict[str, set[str]],
) -> None:
    others = {"routes.py", "errors.py"}
    assert {
        name for name in module_imports if name.startswith("auth/")
    } | others == DOCUMENTED_IMPORTS.keys()


def test_only_the_factory_imports_optional_modules(module_imports: dict[str, set[str]]) -> None:
    optional_modules = module_imports.keys() - DOCUMENTED_IMPORTS.keys() - SHARED_MODULES
    importers = {
        (module, optional_module)
        for module, names in module_imports.items()
        for optional_module in names & optional_modules
        if Path(module).parent != Path(optional_module).parent or module not in optional_modules
    }

    assert importers
    assert {module for module, _ in importers} == {"__init__.py"}


@pytest.mark.usefixtures("api_folder")
@pytest.mark.parametrize(("module", "name", "seconds"), NUMBERS)
def test_documented_number_matches_the_code(module: str, name: str, seconds: str) -> None:
    code = importlib.import_module(f"messages_api.auth.{module}")

    assert getattr(code, name) == int(seconds)


def test_picture_names_existing_modules_and_every_rejection(api_folder: Path) -> None:
    rows = Page(api_folder / "docs" / "calling.md").table("status, code")
    rejections = {tuple(row[0].partition(",")[0].split()) for row in rows}
    files = re.findall(r'class="file"[^>]*>(.*?)<', PICTURE)

    assert len(files) > 5
    assert [file for file in files if not {file, f"auth/{file}"} & DOCUMENTED_IMPORTS.keys()] == []
    assert set(re.findall(r">(\d{3}) (\w+)<", PICTURE)) == rejections


def test_picture_loads_nothing_and_has_both_color_schemes() -> None:
    assert "(prefers-color-scheme: dark)" in PICTURE
    assert not re.search(r"@import|<script|<image|<foreignObject|href|url\((?!#)", PICTURE)
