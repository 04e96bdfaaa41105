"""Markdown files as GitHub shows them: blocks and inline code, links, headings, tables."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced code block. `above` is the Markdown of the paragraph or comment right above it."""

    language: str
    text: str
    above: str

    @property
    def reason(self) -> str | None:
        """The reason in the comment above it why no test runs it."""
        found = re.fullmatch(r"<!-- not run: (.*) -->\n", self.above, re.DOTALL)
        return found and found[1]


class Page:
    """A Markdown file, or a section of one."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8") if text is None else text
        self._nodes, self.definitions = _parse_page(self.text)

    def _find(self, kind: str) -> list[SyntaxTreeNode]:
        return [node for node in self._nodes if node.type == kind]

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(node.info.partition(" ")[0], node.content, _source(node.previous_sibling))
            for node in self._find("fence")
        ]

    @cached_property
    def code(self) -> list[str]:
        """The inline code, such as `this`."""
        return [node.content for node in self._find("code_inline")]

    @cached_property
    def images(self) -> dict[str, str]:
        """The alternative text of each image, by the image's address."""
        return {str(node.attrs["src"]): node.content for node in self._find("image")}

    @cached_property
    def links(self) -> list[str]:
        """The addresses of links, images and link definitions."""
        links = [str(node.attrs["href"]) for node in self._find("link")]
        return [*links, *self.images, *self.definitions.values()]

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of the headings. The second and later of equal anchors end in -1, -2, …"""
        texts = [re.sub(r"[^\w -]", "", _text(node).lower()) for node in self._find("heading")]
        anchors = [text.replace(" ", "-") for text in texts]
        repeats = [anchors[:place].count(anchor) for place, anchor in enumerate(anchors)]
        return {f"{it}-{n}" if n else it for it, n in zip(anchors, repeats, strict=True)}

    @cached_property
    def sections(self) -> list[tuple[str, "Page"]]:
        """Each heading of the second level in Markdown, with the section below it."""
        lines = self.text.splitlines(keepends=True)
        headings = [node for node in self._find("heading") if node.tag == "h2"]
        starts = [node.map[0] for node in headings if node.map] + [len(lines)]
        return [
            (_source(node), Page(self.path, "".join(lines[start + 1 : end])))
            for node, start, end in zip(headings, starts, starts[1:], strict=False)
        ]

    def table(self, column: str) -> list[list[str]]:
        """Return the rows of the table whose first column has this heading, as text."""
        tables = [
            [[_text(cell) for cell in row.children] for row in table.walk() if row.type == "tr"]
            for table in self._find("table")
        ]
        return next(rows for heading, *rows in tables if heading[0] == column)


@cache
def _parse_page(text: str) -> tuple[list[SyntaxTreeNode], dict[str, str]]:
    """Return all nodes, and the addresses of link definitions by their names."""
    environment: dict[str, Any] = {}
    nodes = [*SyntaxTreeNode(_PARSER.parse(text, environment)).walk()]
    definitions = environment.get("references", {})
    return nodes, {name: found["href"] for name, found in definitions.items()}


def _source(node: SyntaxTreeNode | None) -> str:
    """Return the Markdown of a heading, a paragraph or a comment."""
    if node is None:
        return ""
    return "".join(each.content for each in node.walk() if each.type in ("inline", "html_block"))


def _text(node: SyntaxTreeNode) -> str:
    return "".join(each.content for each in node.walk() if each.type in ("text", "code_inline"))


def code_blocks(path: Path, language: str) -> list[str]:
    """Return the fenced code blocks of a file in one language, in their order."""
    return [block.text for block in Page(path).blocks if block.language == language]
