"""The pages' pictures: each is there, is described, fetches nothing, and shows what is still so."""

import html
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tools.demo import EXPECTED, table

from ..support.markdown import Page
from ..support.paths import TEMPLATE

FOLDER = TEMPLATE / "docs" / "pictures"
README = Page(TEMPLATE / "README.md")

SHOWN = {
    (page.path.parent / file).relative_to(TEMPLATE).as_posix(): text
    for page in (README, Page(TEMPLATE / "docs" / "architecture.md"))
    for file, text in page.images.items()
}
"""The text that stands for each picture, by its file."""

COLUMN = 12.2
"""How wide a letter of a terminal is drawn."""


def text_of(svg: Path) -> str:
    """What a picture of a terminal says."""
    texts = r'<text class="\S+" x="(\S+)" y="(\S+)" textLength="\S+" [^>]+>(.*?)</text>'
    lines: defaultdict[str, str] = defaultdict(str)
    for x, y, text in re.findall(texts, svg.read_text(), re.DOTALL):
        before = lines[y].ljust(round(float(x) / COLUMN))
        lines[y] = before + html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")
    return "\n".join(line.rstrip() for line in lines.values())


def questions() -> list[str]:
    """What cookiecutter asks, and what there is to choose from."""
    context = json.loads((TEMPLATE / "cookiecutter.json").read_text())
    names = [name for name in context if not name.startswith("_")]
    asked = []
    for number, prompt in enumerate((context["__prompts__"][name] for name in names), 1):
        question, *choices = prompt.values() if isinstance(prompt, dict) else [prompt]
        asked += [f"[{number}/{len(names)}] {question}"]
        asked += [f"{place} - {choice}" for place, choice in enumerate(choices, 1)]
    return asked


@pytest.mark.parametrize("file", SHOWN)
def test_picture_exists_is_small_and_has_a_description(file: str) -> None:
    assert len(SHOWN[file].split()) > 3
    assert (TEMPLATE / file).stat().st_size < 120_000


def test_every_picture_is_shown() -> None:
    made = {f"docs/pictures/{file.name}" for file in FOLDER.iterdir()}

    assert made
    assert made <= SHOWN.keys()


@pytest.mark.parametrize("file", [file for file in SHOWN if file.endswith(".svg")])
def test_drawing_fetches_nothing_and_runs_nothing(file: str) -> None:
    svg = (TEMPLATE / file).read_text()

    for link in re.findall(r'(?:href|src)="(.*?)"|url\((.*?)\)', svg):
        assert "".join(link).startswith("#")
    assert not re.search(r'@import|<script|<image|<foreignObject|\son\w+="', svg)


def test_picture_of_the_prompts_shows_all_prompts() -> None:
    shown = text_of(FOLDER / "prompts.svg")

    assert (
        re.findall(r"^ +(\[\d+/\d+\] .+?|\d - .+?)(?: (?:\[y/n\] )?\([^()]*\):.*)?$", shown, re.M)
        == questions()
    )


def test_picture_of_the_prompts_matches_the_text_below_it() -> None:
    (text,) = (block.text for block in README.blocks if block.text.startswith("  [1/13]"))

    assert text_of(FOLDER / "prompts.svg").startswith(text)


def test_picture_of_the_demo_shows_the_printed_table() -> None:
    expected = table({name: list(row) for name, row in EXPECTED.items()})

    assert text_of(FOLDER / "demo.svg").strip("\n") == expected
