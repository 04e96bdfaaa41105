"""Every Markdown file of both all_files: what it links to, names and shows is there.

No other host is asked for anything. What a reader is told to type is the business of
test_shell_blocks.py.
"""

import ast
import json
import re
import tomllib
from itertools import takewhile
from textwrap import dedent

import pytest
import yaml

from ..support.markdown import Block, Page
from ..support.paths import TEMPLATE
from ..support.project_files import ProjectFiles, list_project_files
from ..support.rendering import render_once

TEMPLATES_OWN = "template"
DEPLOYMENTS = ("docker", "kubernetes", "none")

NO_FILES = {
    ".cruft.json": "cruft makes it",
    ".env": "its owner makes it",
    ".local_auth0*": "make dev makes it",
    ".netrc": "it lies in a user's home",
    ".rej": "it is an ending",
    ".venv": "make makes it",
    "build": "make makes it",
    "instance": "a recipe makes it",
    "messages_api/database.py": "a recipe has its user create it",
    "messages_api/rate_limits.py": "a recipe has its user create it",
    "messages_api/tracing.py": "a recipe has its user create it",
    "your-tenant.auth0.example": "it is a host",
}
"""What looks like a path of the house, or like a folder on it, and is none; and why."""

TOLD = re.compile(r"(?:^ *(?:# )?|\$\(|&& |\| )make (?:-s )?([a-z][a-z-]*)", re.M)
A_COMMIT = re.compile(r"\.\./\.\./commit/[0-9a-f]+")  # a page of the repository's site


@pytest.fixture(scope="module")
def all_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProjectFiles]:
    folder = tmp_path_factory.mktemp("all_files")
    rendered = {
        name: list_project_files(render_once(folder / name, deployment=name))
        for name in DEPLOYMENTS
    }
    return {TEMPLATES_OWN: list_project_files(TEMPLATE, rendered["kubernetes"]), **rendered}


@pytest.fixture(params=[TEMPLATES_OWN, *DEPLOYMENTS])
def home(request: pytest.FixtureRequest, all_files: dict[str, ProjectFiles]) -> ProjectFiles:
    return all_files[request.param]


def leads_somewhere(link: str, page: Page) -> bool:
    if re.match(r"https?://", link) or A_COMMIT.fullmatch(link):
        return True
    file, _, anchor = link.partition("#")
    target = page.path.parent / file if file else page.path
    return target.exists() and (not anchor or anchor in Page(target).anchors)


def test_link_leads_to_an_existing_file_and_heading(home: ProjectFiles) -> None:
    links = [(path, page, link) for path, page in home.pages for link in page.links]

    assert links
    assert [(path, link) for path, page, link in links if not leads_somewhere(link, page)] == []


def test_documented_make_command_is_a_target(home: ProjectFiles) -> None:
    told = [
        (path, target)
        for path, page in home.pages
        for code in [*page.code, *(block.text for block in page.blocks)]
        for target in TOLD.findall(code)
    ]

    assert told
    assert [(path, target) for path, target in told if target not in home.targets] == []


def test_path_in_code_exists(home: ProjectFiles) -> None:
    named = [
        (path, code)
        for path, page in home.pages
        for code in page.code
        if home.looks_like_a_path(code) and not {code, code.partition("/")[0]} & NO_FILES.keys()
    ]

    assert named
    assert [(path, code) for path, code in named if not home.has(code)] == []


def test_tree_of_files_names_existing_files(all_files: dict[str, ProjectFiles]) -> None:
    home = all_files[TEMPLATES_OWN]
    lines = [
        (path, line.replace(",", "").split())
        for path, page in home.pages
        for block in page.blocks
        if re.fullmatch(r"[\w-]+/", block.text.partition("\n")[0])
        for line in block.text.splitlines()[1:]
    ]

    assert lines
    for path, words in lines:
        named = list(takewhile(home.looks_like_a_path, words))
        assert named, (path, words)
        assert [(path, name) for name in named if not home.has(name)] == []


def read(block: Block) -> None:
    """Read a block as what it says that it is."""
    match block.language:
        case "python":
            ast.parse(dedent(block.text))
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "yaml":
            list(yaml.safe_load_all(block.text))


def test_block_of_code_or_data_is_well_formed(home: ProjectFiles) -> None:
    for _, page in home.pages:
        for block in page.blocks:
            read(block)
