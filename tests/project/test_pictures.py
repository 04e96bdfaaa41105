"""The pictures in the documents: small, described, self-contained, and up to date."""

import html
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tools.demo import EXPECTED_STATUSES, format_statuses

from ..support.markdown import Page
from ..support.paths import TEMPLATE

PICTURES_FOLDER = TEMPLATE / "docs" / "pictures"
README = Page(TEMPLATE / "README.md")

ALTERNATIVE_TEXTS = {
    (page.path.parent / file).relative_to(TEMPLATE).as_posix(): text
    for page in (README, Page(TEMPLATE / "docs" / "architecture.md"))
    for file, text in page.images.items()
}
"""The alternative text of each picture, by its file."""

COLUMN_WIDTH = 12.2
"""The width of a character in a picture of a terminal."""


def picture_text(svg: Path) -> str:
    """Return the text in a picture of a terminal."""
    texts = r'<text class="\S+" x="(\S+)" y="(\S+)" textLength="\S+" [^>]+>(.*?)</text>'
    lines: defaultdict[str, str] = defaultdict(str)
    for x, y, text in re.findall(texts, svg.read_text(), re.DOTALL):
        before = lines[y].ljust(round(float(x) / COLUMN_WIDTH))
        lines[y] = before + html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")
    return "\n".join(line.rstrip() for line in lines.values())


def expected_questions() -> list[str]:
    """Return the prompts of cookiecutter, with the choices."""
    context = json.loads((TEMPLATE / "cookiecutter.json").read_text())
    names = [name for name in context if not name.startswith("_")]
    asked = []
    for number, prompt in enumerate((context["__prompts__"][name] for name in names), 1):
        question, *choices = prompt.values() if isinstance(prompt, dict) else [prompt]
        asked += [f"[{number}/{len(names)}] {question}"]
        asked += [f"{place} - {choice}" for place, choice in enumerate(choices, 1)]
    return asked


@pytest.mark.parametrize("file", ALTERNATIVE_TEXTS)
def test_picture_is_small_and_has_a_description(file: str) -> None:
    assert len(ALTERNATIVE_TEXTS[file].split()) > 3
    assert (TEMPLATE / file).stat().st_size < 120_000


def test_every_picture_is_shown() -> None:
    made = {f"docs/pictures/{file.name}" for file in PICTURES_FOLDER.iterdir()}

    assert made
    assert made <= ALTERNATIVE_TEXTS.keys()


@pytest.mark.parametrize("file", [file for file in ALTERNATIVE_TEXTS if file.endswith(".svg")])
def test_svg_loads_nothing_and_has_no_scripts(file: str) -> None:
    svg = (TEMPLATE / file).read_text()

    for link in re.findall(r'(?:href|src)="(.*?)"|url\((.*?)\)', svg):
        assert "".join(link).startswith("#")
    assert not re.search(r'@import|<script|<image|<foreignObject|\son\w+="', svg)


def test_picture_of_the_prompts_shows_all_prompts() -> None:
    shown = picture_text(PICTURES_FOLDER / "prompts.svg")

    assert (
        re.findall(r"^ +(\[\d+/\d+\] .+?|\d - .+?)(?: (?:\[y/n\] )?\([^()]*\):.*)?$", shown, re.M)
        == expected_questions()
    )


def test_picture_of_the_prompts_matches_the_text_below_it() -> None:
    (text,) = (block.text for block in README.blocks if block.text.startswith("  [1/13]"))

    assert picture_text(PICTURES_FOLDER / "prompts.svg").startswith(text)


def test_picture_of_the_demo_shows_the_printed_table() -> None:
    expected = format_statuses({name: list(row) for name, row in EXPECTED_STATUSES.items()})

    assert picture_text(PICTURES_FOLDER / "demo.svg").strip("\n") == expected
