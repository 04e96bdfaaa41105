"""Figures as Markdown: cells, tables and paragraphs."""

import textwrap
from collections.abc import Iterable, Sequence

from .figures import Figures, numbers


def number(figures: Figures, path: str, form: str) -> str:
    """Return the number at a path in a format such as ".2f", or a dash if it was not measured."""
    found = numbers(figures, path)
    return format(found[0], f"z{form}") if found else "-"  # z: -0 becomes 0


def median_and_quartiles(figures: Figures, path: str) -> str:
    """Return the median at a path, with the quartiles in parentheses."""
    median, q1, q3 = (number(figures, f"{path}/{name}", ",.0f") for name in ("median", "q1", "q3"))
    return f"{median} ({q1} to {q3})"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a first column of words and further columns of numbers."""
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def paragraph(text: str) -> str:
    """Break the lines of a paragraph again, after numbers of any length were put into it."""
    return textwrap.fill(
        " ".join(text.split()), width=100, break_on_hyphens=False, break_long_words=False
    )
