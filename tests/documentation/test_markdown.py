"""Every Markdown file of the template and of a project: links, paths, make targets and code blocks.

Links to other hosts are not followed. test_shell_blocks.py covers shell commands.
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

TEMPLATE_FILES = "template"
DEPLOYMENTS = ("docker", "kubernetes", "none")
DPOP = {"docker": "no", "kubernetes": "yes", "none": "no"}

NOT_IN_REPOSITORY = {
    ".cruft.json": "created by cruft",
    ".env": "created by the user",
    ".local_auth0*": "created by make dev",
    ".netrc": "in the user's home",
    ".rej": "a suffix",
    ".venv": "created by make",
    "build": "created by make",
    "instance": "created by a recipe",
    "messages_api/database.py": "created by a recipe",
    "messages_api/rate_limits.py": "created by a recipe",
    "messages_api/tracing.py": "created by a recipe",
    "org/template": "where the template is hosted",
    "your-tenant.auth0.example": "a host name",
}
"""Inline code that looks like a path, or starts with a folder, but is not in the repository."""

MAKE_COMMAND = re.compile(r"(?:^ *(?:# )?|\$\(|&& |\| )make (?:-s )?([a-z][a-z-]*)", re.M)
COMMIT_LINK = re.compile(r"\.\./\.\./commit/[0-9a-f]+")  # on the repository's website


@pytest.fixture(scope="module")
def files_by_project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProjectFiles]:
    """The files of the template, and of a project for each deployment, one of them with DPoP."""
    folder = tmp_path_factory.mktemp("markdown")
    rendered = {
        name: list_project_files(render_once(folder / name, deployment=name, dpop=DPOP[name]))
        for name in DEPLOYMENTS
    }
    return {TEMPLATE_FILES: list_project_files(TEMPLATE, rendered["kubernetes"]), **rendered}


@pytest.fixture(params=[TEMPLATE_FILES, *DEPLOYMENTS])
def project_files(
    request: pytest.FixtureRequest, files_by_project: dict[str, ProjectFiles]
) -> ProjectFiles:
    return files_by_project[request.param]


def link_exists(link: str, page: Page) -> bool:
    if re.match(r"https?://", link) or COMMIT_LINK.fullmatch(link):
        return True
    file, _, anchor = link.partition("#")
    target = page.path.parent / file if file else page.path
    return target.exists() and (not anchor or anchor in Page(target).anchors)


def test_link_leads_to_an_existing_file_and_heading(project_files: ProjectFiles) -> None:
    links = [(path, page, link) for path, page in project_files.pages for link in page.links]

    assert links
    assert [(path, link) for path, page, link in links if not link_exists(link, page)] == []


def test_documented_make_command_is_a_target(project_files: ProjectFiles) -> None:
    commands = [
        (path, target)
        for path, page in project_files.pages
        for code in [*page.code, *(block.text for block in page.blocks)]
        for target in MAKE_COMMAND.findall(code)
    ]

    unknown = [(path, target) for path, target in commands if target not in project_files.targets]
    assert commands
    assert unknown == []


def test_path_in_code_exists(project_files: ProjectFiles) -> None:
    named = [
        (path, code)
        for path, page in project_files.pages
        for code in page.code
        if project_files.looks_like_a_path(code)
        and not {code, code.partition("/")[0]} & NOT_IN_REPOSITORY.keys()
    ]

    assert named
    assert [(path, code) for path, code in named if not project_files.has(code)] == []


def test_documented_file_tree_has_only_existing_files(
    files_by_project: dict[str, ProjectFiles],
) -> None:
    project_files = files_by_project[TEMPLATE_FILES]
    lines = [
        (path, line.replace(",", "").split())
        for path, page in project_files.pages
        for block in page.blocks
        if re.fullmatch(r"[\w-]+/", block.text.partition("\n")[0])
        for line in block.text.splitlines()[1:]
    ]

    assert lines
    for path, words in lines:
        named = list(takewhile(project_files.looks_like_a_path, words))
        assert named, (path, words)
        assert [(path, name) for name in named if not project_files.has(name)] == []


def parse_block(block: Block) -> None:
    """Parse a block in its language."""
    match block.language:
        case "python":
            ast.parse(dedent(block.text))
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "yaml":
            list(yaml.safe_load_all(block.text))


def test_block_of_code_or_data_is_well_formed(project_files: ProjectFiles) -> None:
    for _, page in project_files.pages:
        for block in page.blocks:
            parse_block(block)
