"""The plot: what protecting an endpoint adds to a request, with a bar for each peer."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

# The background is transparent; these colours are readable on white and on dark pages.
_TEXT, _BAR, _THIS_TEMPLATE = "#767c85", "#8c96a3", "#e8690b"


def draw_plot(added: Mapping[str, tuple[str, float]], file: Path) -> None:
    """Draw each peer's title and figure. The same figures make the same file."""
    titles, values = zip(*added.values(), strict=True)
    is_this_template = [peer.startswith("this_template") for peer in added]
    colours = [_THIS_TEMPLATE if highlight else _BAR for highlight in is_this_template]
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": file.stem, "font.size": 10}):
        figure = Figure(figsize=(8, 0.8 + 0.4 * len(added)), layout="constrained")
        axes = figure.subplots()
        bars = axes.barh(titles, values, color=colours, height=0.62)
        axes.bar_label(bars, fmt="{:.3g}", padding=4, color=_TEXT)
        axes.set_title("What protecting an endpoint adds to a request", color=_TEXT, loc="left")
        axes.set_xlabel("RSA verifications, on a logarithmic scale (less is better)", color=_TEXT)
        axes.set_xscale("log")  # the slowest takes hundreds of times as long as the fastest
        axes.set_xlim(min(values) / 2, max(values) * 2.5)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.invert_yaxis()
        axes.tick_params(which="both", colors=_TEXT, length=0)
        axes.spines[:].set_visible(False)
        for label, highlight in zip(axes.get_yticklabels(), is_this_template, strict=True):
            label.set_color(_THIS_TEMPLATE if highlight else _TEXT)
        figure.savefig(file, transparent=True, metadata={"Date": None, "Creator": None})
