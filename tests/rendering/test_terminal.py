"""Cookiecutter in a real terminal: the prompts, rejected answers, and the suggested command."""

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.text import Text

from tools.pictures import TYPED_ANSWERS

from ..support.answers import PROMPTS, UNUSUAL_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.hook import (
    DOMAIN_RULE,
    HOOK_MESSAGE,
    MODULE_COMMAND,
    format_command,
    format_entry,
    read_tree,
    suggested_arguments,
)
from ..support.paths import TEMPLATE
from ..support.rendering import Bake
from ..support.repository import Repository
from ..support.terminal import CTRL_C, CTRL_D, ENTER, run_at_terminal

# Python 3.12 warns when a process with two threads, such as a worker of xdist, forks. It is safe
# here, since an exec follows.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

PROMPT_NAMES = [name for name in PROMPTS if not name.startswith("_")]
DEFAULT_KEYS = [ENTER] * len(PROMPT_NAMES)
PROMPT_END = "\x1b[0m: "
"""The end of a prompt, after its default, which has a colour."""

FAILED_HOOK = re.compile(
    r"ERROR: Stopping generation because pre_gen_project hook script didn't exit successfully\n"
    r"Traceback \(most recent call last\):\n"
    r'(  File ".*/cookiecutter/hooks\.py", line \d+, in \w+\n(    .+\n)+)+'
    r"cookiecutter\.exceptions\.FailedHookException: Hook script failed \(exit status: 1\)\n"
    r"Hook script failed \(exit status: 1\)\n"
)
"""The output of cookiecutter itself after the hook's message. No template can prevent it."""


def bake_at_terminal(
    folder: Path, *words: str, keys: Sequence[str] = DEFAULT_KEYS
) -> tuple[int | None, str]:
    """Run cookiecutter in the folder; return its exit code, and the output without colours."""
    home = str(folder.parent / "home")
    environ = user_environ(HOME=home, PWD=str(folder))
    python_command = [sys.executable, "-m", "cookiecutter", *words]
    exit_code, shown = run_at_terminal(python_command, keys, PROMPT_END, folder, environ)
    lines = Text.from_ansi(shown).plain.splitlines()
    return exit_code, "".join(f"{line.rstrip()}\n" for line in lines)


def typed_keys(**answers: str) -> list[str]:
    """Return the keys to type at each prompt: these answers, or only Enter for the default.

    A choice is typed as its number. An empty answer is typed as a space, which the template strips:
    only Enter would select the default.
    """
    texts = {
        name: str(PROMPTS[name].index(answer) + 1)
        if isinstance(PROMPTS[name], list)
        else answer or " "
        for name, answer in answers.items()
    }
    return [texts.get(name, "") + ENTER for name in PROMPT_NAMES]


def test_readme_shows_the_prompts_of_a_terminal(work_folder: Path) -> None:
    keys = [f"{answer}{ENTER}" for answer in TYPED_ANSWERS]

    exit_code, shown = bake_at_terminal(work_folder, str(TEMPLATE), keys=keys)

    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert exit_code == 0
    assert shown.partition("\n\n")[0] in readme
    assert shown.count("\n  [") == len(PROMPT_NAMES) - 1


def test_enter_selects_the_defaults(work_folder: Path, bake: Bake) -> None:
    exit_code, _ = bake_at_terminal(work_folder, str(TEMPLATE))

    assert exit_code == 0
    assert read_tree(work_folder / "messages-api") == read_tree(bake())


def test_choice_is_prompted_until_its_number_is_valid(work_folder: Path, bake: Bake) -> None:
    at_license = PROMPT_NAMES.index("license")
    before, after = DEFAULT_KEYS[:at_license], DEFAULT_KEYS[at_license + 2 :]
    choices = ["4" + ENTER, "MIT" + ENTER, "3" + ENTER, "2" + ENTER]
    keys = [*before, *choices, *after]

    exit_code, shown = bake_at_terminal(work_folder, str(TEMPLATE), keys=keys)

    expected = bake(license="Proprietary", deployment="kubernetes")
    assert exit_code == 0
    assert shown.count("Please select one of the available options\n") == 2
    assert read_tree(work_folder / "messages-api") == read_tree(expected)


@pytest.mark.parametrize("answers", UNUSUAL_ANSWERS.values(), ids=UNUSUAL_ANSWERS)
def test_unusual_answers_can_be_typed(
    work_folder: Path, bake: Bake, answers: Mapping[str, str]
) -> None:
    exit_code, shown = bake_at_terminal(work_folder, str(TEMPLATE), keys=typed_keys(**answers))

    assert exit_code == 0, shown
    assert read_tree(work_folder) == read_tree(bake(**as_jinja(answers)).parent)


def test_rejected_answers_are_listed_after_the_last_prompt(work_folder: Path) -> None:
    keys = typed_keys(auth0_domain="http://t.example", project_slug="my-api")

    exit_code, shown = bake_at_terminal(work_folder, str(TEMPLATE), keys=keys)

    again = format_command(MODULE_COMMAND, project_slug="my-api").replace(
        "gh:ann/api", shlex.quote(str(TEMPLATE))
    )
    entries = format_entry(
        "auth0_domain", "'http://t.example'", DOMAIN_RULE, "your-tenant.auth0.example"
    )
    before, message, after = shown.partition(HOOK_MESSAGE.format(entries=entries, command=again))
    assert exit_code == 1
    assert message != ""
    assert before.endswith(" [y/n] (n):\n")
    assert FAILED_HOOK.fullmatch(after.removeprefix("\n"))
    assert list(work_folder.iterdir()) == []


def test_suggested_command_keeps_unusual_answers_as_defaults(
    repository: Repository, work_folder: Path, bake: Bake
) -> None:
    answers = UNUSUAL_ANSWERS["quotes and a slug before flask"]
    expected = bake(**as_jinja(answers), auth0_domain="your-tenant.auth0.example")
    keys = typed_keys(**answers, auth0_domain="tenant")
    _, rejected = bake_at_terminal(work_folder, repository.url, "--checkout", "main", keys=keys)

    exit_code, shown = bake_at_terminal(
        work_folder, *suggested_arguments(rejected), keys=[ENTER, *DEFAULT_KEYS]
    )

    assert exit_code == 0, shown
    assert "Is it okay to delete and re-download it?" in " ".join(shown.split())
    assert read_tree(work_folder) == read_tree(expected.parent)


@pytest.mark.parametrize(
    ("key", "question"),
    [
        pytest.param(CTRL_C, "project_name", id="Ctrl-C at the first prompt"),
        pytest.param(CTRL_C, "license", id="Ctrl-C at a choice"),
        pytest.param(CTRL_D, "auth0_domain", id="Ctrl-D in the middle"),
    ],
)
def test_aborted_prompts_leave_no_files(work_folder: Path, key: str, question: str) -> None:
    keys = [*DEFAULT_KEYS[: PROMPT_NAMES.index(question)], key]

    exit_code, shown = bake_at_terminal(work_folder, str(TEMPLATE), keys=keys)

    assert exit_code == 1
    assert shown.endswith("\nAborted!\n")
    assert "Traceback" not in shown
    assert list(work_folder.iterdir()) == []
