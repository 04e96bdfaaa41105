"""How figures become the cells of a table in Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from .goals import Figures, lookup

_SPREAD = ("median", "q1", "q3")


def names(figures: Figures, path: str) -> list[str]:
    """Return the names of the figures at a path; none, if the part was not measured."""
    part, *below = path.split("/")
    inner: object = figures.get(part)
    for name in below:
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return list(inner) if isinstance(inner, Mapping) else []


def show(figures: Figures, path: str, form: str) -> str:
    """Return the figure at a path for a table; a dash, if there is none."""
    try:
        found = lookup(figures, path)
    except KeyError:  # a peer without a verifier has fewer figures
        found = []
    # z: nought is written without a sign
    return format(found[0], f"z{form}") if found else "-"


def rate(figures: Figures, path: str) -> str:
    """Return the median at a path, and its quartiles in brackets."""
    middle, low, high = (show(figures, f"{path}/{name}", ",.0f") for name in _SPREAD)
    return f"{middle} ({low} to {high})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, whose first column is words and whose others are figures."""
    rule = ["---", *("---:" for _ in heads[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
