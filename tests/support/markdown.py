"""Markdown as GitHub reads it, as far as the tests need: fenced blocks, code, links, headings."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent

FENCE = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>.*?) -->\n)?"
    r"^(?P<margin> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=margin)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block. `reason`: why no test runs it, from the comment right above it."""

    language: str
    text: str
    reason: str | None


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.prose = FENCE.sub("", self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(it["language"], dedent(it["text"]), it["reason"])
            for it in FENCE.finditer(self.text)
        ]

    @cached_property
    def code(self) -> list[str]:
        """What stands in backticks."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @cached_property
    def links(self) -> list[str]:
        """Where links, pictures and link definitions lead."""
        prose = re.sub(r"`[^`\n]+`", "", self.prose)
        return re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(
            r"^\[[^]]+\]: (\S+)$", prose, re.M
        )

    @cached_property
    def anchors(self) -> set[str]:
        """The names of its headings. The second of the same name ends in -1, and so on."""
        anchors: list[str] = []
        for heading in re.findall(r"^#{1,6} +(.+?)(?: +#+)?$", self.prose, re.M):
            shown = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
            anchor = re.sub(r"[^\w -]", "", shown).replace(" ", "-")
            before = len([a for a in anchors if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", a)])
            anchors.append(f"{anchor}-{before}" if before else anchor)
        return set(anchors)


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of a file in one language, in their order."""
    return [block.text for block in Page(path).blocks if block.language == language]
