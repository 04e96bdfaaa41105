"""The recipes in a project's docs/recipes.md, and functions that apply them like a user."""

import re
from pathlib import Path

from .markdown import Page
from .user_edits import append_text, replace_once

VALIDATION = "Request validation"
DATABASE = "A database"
RATE_LIMIT = "A rate limit for each client"
TRACES = "Traces"

_IMPORTS = re.compile(r"(?:(?:from|import) [^\n]+\n|\n(?=from|import))+")


def find_recipe(project: Path, heading: str) -> Page:
    """Return the section of the page with this heading."""
    return dict(Page(project / "docs" / "recipes.md").sections)[heading]


def recipe_code(project: Path, heading: str) -> dict[str, str]:
    """Return the code of a recipe by the file that it belongs to."""
    return {
        named[1]: block.text
        for block in find_recipe(project, heading).blocks
        if (named := re.search(r"`([\w./]+\.py)`:$", block.above))
    }


def follow_recipe(project: Path, heading: str) -> None:
    """Apply a recipe. Imports may be unsorted afterwards."""
    for name, code in recipe_code(project, heading).items():
        file = project / name
        if file.exists():
            add_code(file, code)
        else:
            file.write_text(code, encoding="utf-8")
            if "init_app" in code:
                add_module(file.parent / "__init__.py", file.stem)
    for code in find_recipe(project, heading).code:
        if "environ.get(" in code:
            (config,) = project.glob("*/config.py")
            last = '        "MAX_CONTENT_LENGTH"'
            replace_once(config, last, f"        {code}\n{last}")
    for block in find_recipe(project, heading).blocks:
        if block.above.endswith("before the `return`:"):
            (routes,) = project.glob("*/routes.py")
            end = '    return {"text": message.text}, 201\n'
            replace_once(routes, end, block.text + end)


def add_code(file: Path, code: str) -> None:
    """Add the imports to those of a file, and the other code at the end."""
    imports = _IMPORTS.match(code)
    if imports:
        text = file.read_text(encoding="utf-8")
        first = re.search(r"^(?:from|import) ", text, re.MULTILINE)
        start = first.start() if first else len(text)
        file.write_text(text[:start] + imports[0] + text[start:], encoding="utf-8")
        code = code[imports.end() :]
    append_text(file, "\n\n" + code.strip("\n") + "\n")


def add_module(factory: Path, module: str) -> None:
    """Import a module in create_app()'s file, and call its `init_app`."""
    replace_once(factory, "from . import (\n", f"from . import (\n    {module},\n")
    last = "    auth.require_policies(app)\n"
    replace_once(factory, last, f"    {module}.init_app(app)\n{last}")
