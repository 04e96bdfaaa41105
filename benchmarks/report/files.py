"""The files of the report: the figures as JSON, a document in Markdown, a plot in SVG."""

import json
from pathlib import Path

from .comparison import added_to_request
from .document import document
from .figures import Figures
from .goals import missed
from .plot import draw_plot


def write_report(figures: Figures, folder: Path) -> list[str]:
    """Write benchmarks.json, benchmarks.md and benchmarks.svg; return the missed goals."""
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    (folder / "benchmarks.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / "benchmarks.md").write_text(document(figures), encoding="utf-8")
    draw_plot(added_to_request(figures), folder / "benchmarks.svg")
    return missed(figures)
