"""What somebody sees who bakes at a real terminal: the questions, a refusal, and the way out."""

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.text import Text

from tools.pictures import ANSWERS

from ..support.answers import ODD_ANSWERS, PROMPTS, as_jinja
from ..support.environ import user_environ
from ..support.hook import BY_MODULE, DOMAIN, FRAME, command, content, entry, suggested_arguments
from ..support.paths import TEMPLATE
from ..support.rendering import Bake
from ..support.repository import Repository
from ..support.terminal import CTRL_C, CTRL_D, ENTER, at_terminal

# xdist's workers have a second thread, and Python 3.12 warns of a fork: here it ends in an exec.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

QUESTIONS = [name for name in PROMPTS if not name.startswith("_")]
DEFAULTS = [ENTER] * len(QUESTIONS)
PROMPT = "\x1b[0m: "
"""What a question ends with: its default, in a colour, then this."""

FAILED_HOOK = re.compile(
    r"ERROR: Stopping generation because pre_gen_project hook script didn't exit successfully\n"
    r"Traceback \(most recent call last\):\n"
    r'(  File ".*/cookiecutter/hooks\.py", line \d+, in \w+\n(    .+\n)+)+'
    r"cookiecutter\.exceptions\.FailedHookException: Hook script failed \(exit status: 1\)\n"
    r"Hook script failed \(exit status: 1\)\n"
)
"""What cookiecutter itself adds to a refusal; no template can keep it from that."""


def bake_at_terminal(
    folder: Path, *words: str, keys: Sequence[str] = DEFAULTS
) -> tuple[int | None, str]:
    """Run the command in the folder; return its exit code, and what was shown without colours."""
    home = str(folder.parent / "home")
    environ = user_environ(HOME=home, PWD=str(folder))
    python_command = [sys.executable, "-m", "cookiecutter", *words]
    exit_code, shown = at_terminal(python_command, keys, PROMPT, folder, environ)
    lines = Text.from_ansi(shown).plain.splitlines()
    return exit_code, "".join(f"{line.rstrip()}\n" for line in lines)


def keys_for(**answers: str) -> list[str]:
    """What is typed at each question: these answers, else Enter alone.

    A choice is its number. For nothing a blank is typed, which is cleaned away: Enter alone would
    take the default.
    """
    texts = {
        name: str(PROMPTS[name].index(answer) + 1)
        if isinstance(PROMPTS[name], list)
        else answer or " "
        for name, answer in answers.items()
    }
    return [texts.get(name, "") + ENTER for name in QUESTIONS]


def test_readme_shows_the_prompts_of_a_terminal(here: Path) -> None:
    keys = [f"{answer}{ENTER}" for answer in ANSWERS]

    exit_code, shown = bake_at_terminal(here, str(TEMPLATE), keys=keys)

    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert exit_code == 0
    assert shown.partition("\n\n")[0] in readme
    assert shown.count("\n  [") == len(QUESTIONS) - 1


def test_enter_alone_takes_the_defaults(here: Path, bake: Bake) -> None:
    exit_code, _ = bake_at_terminal(here, str(TEMPLATE))

    assert exit_code == 0
    assert content(here / "messages-api") == content(bake())


def test_choice_is_prompted_until_its_number_is_valid(here: Path, bake: Bake) -> None:
    at_license = QUESTIONS.index("license")
    before, after = DEFAULTS[:at_license], DEFAULTS[at_license + 2 :]
    choices = ["4" + ENTER, "MIT" + ENTER, "3" + ENTER, "2" + ENTER]
    keys = [*before, *choices, *after]

    exit_code, shown = bake_at_terminal(here, str(TEMPLATE), keys=keys)

    expected = bake(license="Proprietary", deployment="kubernetes")
    assert exit_code == 0
    assert shown.count("Please select one of the available options\n") == 2
    assert content(here / "messages-api") == content(expected)


@pytest.mark.parametrize("answers", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_odd_answers_can_be_typed(here: Path, bake: Bake, answers: Mapping[str, str]) -> None:
    exit_code, shown = bake_at_terminal(here, str(TEMPLATE), keys=keys_for(**answers))

    assert exit_code == 0, shown
    assert content(here) == content(bake(**as_jinja(answers)).parent)


def test_rejected_answers_are_listed_after_the_last_prompt(here: Path) -> None:
    keys = keys_for(auth0_domain="http://t.example", project_slug="my-api")

    exit_code, shown = bake_at_terminal(here, str(TEMPLATE), keys=keys)

    again = command(BY_MODULE, project_slug="my-api").replace(
        "gh:ann/api", shlex.quote(str(TEMPLATE))
    )
    entries = entry("auth0_domain", "'http://t.example'", DOMAIN, "your-tenant.auth0.example")
    before, message, after = shown.partition(FRAME.format(entries=entries, command=again))
    assert exit_code == 1
    assert message != ""
    assert before.endswith(" [y/n] (n):\n")
    assert FAILED_HOOK.fullmatch(after.removeprefix("\n"))
    assert list(here.iterdir()) == []


def test_suggested_command_keeps_odd_answers_as_defaults(
    repository: Repository, here: Path, bake: Bake
) -> None:
    odd = ODD_ANSWERS["quotes and a slug before flask"]
    expected = bake(**as_jinja(odd), auth0_domain="your-tenant.auth0.example")
    keys = keys_for(**odd, auth0_domain="tenant")
    _, refused = bake_at_terminal(here, repository.url, "--checkout", "main", keys=keys)

    exit_code, shown = bake_at_terminal(
        here, *suggested_arguments(refused), keys=[ENTER, *DEFAULTS]
    )

    assert exit_code == 0, shown
    assert "Is it okay to delete and re-download it?" in " ".join(shown.split())
    assert content(here) == content(expected.parent)


@pytest.mark.parametrize(
    ("key", "question"),
    [
        pytest.param(CTRL_C, "project_name", id="Ctrl-C at the first question"),
        pytest.param(CTRL_C, "license", id="Ctrl-C at a choice"),
        pytest.param(CTRL_D, "auth0_domain", id="Ctrl-D in the middle"),
    ],
)
def test_who_stops_in_the_middle_leaves_nothing(here: Path, key: str, question: str) -> None:
    keys = [*DEFAULTS[: QUESTIONS.index(question)], key]

    exit_code, shown = bake_at_terminal(here, str(TEMPLATE), keys=keys)

    assert exit_code == 1
    assert shown.endswith("\nAborted!\n")
    assert "Traceback" not in shown
    assert list(here.iterdir()) == []
