"""The document about the figures: docs/benchmarks.md."""

from .comparison import comparison
from .complete_requests import complete_requests
from .dpop import dpop
from .figures import Figures
from .goals import GOALS
from .markdown import table
from .method import method
from .peers_served import peers_served
from .rendered_api import servers, setup_time, token_sizes


def document(figures: Figures) -> str:
    """Return the whole document in Markdown, without DPoP if that was not measured."""
    sections = (
        comparison(figures),
        _goals(figures),
        complete_requests(figures),
        peers_served(figures),
        *([dpop(figures)] if "dpop" in figures else []),
        servers(figures),
        token_sizes(figures),
        setup_time(figures),
        method(figures),
    )
    return "# Benchmarks\n\n" + "\n\n".join(sections) + "\n"


def _goals(figures: Figures) -> str:
    rows = []
    for goal in GOALS:
        value = goal.value(figures)
        if value is None:
            rows.append((goal.name, "not measured", goal.target, ""))
        else:
            mark = "✓" if goal.is_reached(value) else "✗ missed"
            rows.append((goal.name, goal.format(value), goal.target, mark))
    return f"""\
## Goals

If a goal covers several figures, the table shows the worst one.

{table(("", "Figure", "Goal", ""), rows)}"""
