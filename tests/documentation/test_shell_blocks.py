"""Every documented block of shell commands is run by a test, or has a reason why not.

`RUN` lists the tests. The reason is a comment right above the block, invisible on the page:
`<!-- not run: it needs a tenant -->`.
"""

from collections.abc import Callable

import pytest

from ..runtime import test_calling, test_local_auth0_claims
from ..support.markdown import Page
from ..support.paths import TEMPLATE
from ..support.project_files import list_project_files
from ..support.rendering import render_once
from ..upgrading import test_features, test_update_conflicts, test_updates
from . import test_readme, test_without_make

UPDATE_ANSWER = "uvx cruft update --skip-apply-ask --variables-to-update '"
COMMENT = "<!-- not run"
SHELLS = ("bash", "console", "powershell", "sh", "shell")

_first = test_readme.test_first_commands_create_an_api_that_responds
_curl = test_readme.test_curl_commands_get_the_documented_statuses
_settings = test_readme.test_copied_settings_are_applied
_ask = test_readme.test_check_and_explain_accept_the_stand_in_tenant
_call = test_calling.test_documented_client_calls_the_api
_token = test_local_auth0_claims.test_documented_commands_print_tokens_with_their_claims
_api_by_uv = test_without_make.test_commands_of_a_rendered_project_work
_template_by_uv = test_without_make.test_commands_of_the_template_work
_begin = test_updates.test_documented_creation_leaves_nothing_to_update
_update = test_updates.test_update_applies_changes_and_keeps_every_edit
_answer = test_updates.test_changed_answer_renders_its_files
_feature = test_features.test_dropped_features_leave_nothing_behind
_conflicts = test_update_conflicts.test_conflicts_are_listed_and_resolved_as_documented
_keep_tests = test_update_conflicts.test_edited_tests_are_kept_in_a_renamed_file
_undo = test_update_conflicts.test_update_with_conflicts_can_be_undone
_link = test_update_conflicts.test_project_created_with_cookiecutter_is_linked_and_updated

RUN: dict[tuple[str, str], Callable[..., None]] = {
    ("template/README.md", "uvx cookiecutter gh:"): _first,
    ("template/README.md", "uv venv"): _template_by_uv,
    ("template/README.md", "# make test-fast"): _template_by_uv,
    ("template/UPGRADING.md", "uvx cruft create"): _begin,
    ("template/UPGRADING.md", "uvx cruft update --skip-apply-ask\n"): _update,
    ("template/UPGRADING.md", UPDATE_ANSWER + '{"diagnostics"'): _feature,
    ("template/UPGRADING.md", UPDATE_ANSWER + '{"deployment"'): _answer,
    ("template/UPGRADING.md", "git reset --hard"): _undo,
    ("template/UPGRADING.md", "git diff --name-only"): _conflicts,
    ("template/UPGRADING.md", "git checkout --theirs requirements"): _conflicts,
    ("template/UPGRADING.md", "git mv"): _keep_tests,
    ("template/UPGRADING.md", "git clone"): _link,
    ("template/UPGRADING.md", "uvx cruft link"): _link,
    ("api/README.md", "make dev"): _curl,
    ("api/README.md", "curl http://localhost:3010/"): _curl,
    ("api/docs/recipes.md", "uv venv"): _api_by_uv,
    ("api/docs/recipes.md", "# make dev"): _api_by_uv,
    ("api/README.md", "install -m 600 .env.example"): _settings,
    ("api/README.md", ".venv/bin/flask auth0 check"): _ask,
    ("api/docs/calling.md", "make -s token"): _token,
    ("api/docs/calling.md", "TOKEN=$("): _call,
}
"""The test that runs a block, by the page and the start of the block."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """The pages of the template and of a project for Kubernetes, which has every block."""
    api = render_once(tmp_path_factory.mktemp("api"), deployment="kubernetes")
    files = {"template": list_project_files(TEMPLATE), "api": list_project_files(api)}
    return {f"{name}/{path}": page for name in files for path, page in files[name].pages}


def test_shell_block_is_run_by_a_test_or_has_a_reason(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for block in page.blocks:
            runs = [key for key in RUN if key[0] == name and block.text.startswith(key[1])]
            assert len(runs) + bool(block.reason) == (block.language in SHELLS), (name, block)


@pytest.mark.parametrize(("name", "beginning"), RUN, ids=[" ".join(key).strip() for key in RUN])
def test_start_of_a_tested_block_is_unique(
    pages: dict[str, Page], name: str, beginning: str
) -> None:
    starts = [block.text.startswith(beginning) for block in pages[name].blocks]

    assert starts.count(True) == 1


def test_every_reason_is_right_above_a_block(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        shown = sum(block.text.count(COMMENT) for block in page.blocks)
        reasons = [block for block in page.blocks if block.reason]
        assert page.text.count(COMMENT) - shown == len(reasons), name
