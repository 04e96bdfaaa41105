"""The one picture of the figures: what protecting an endpoint adds, a bar per peer."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

# Both are as readable on a white page as on a dark one, and the plot has no ground of its own.
_INK, _BAR, _OURS = "#767c85", "#8c96a3", "#e8690b"


def draw(added: Mapping[str, tuple[str, float]], file: Path) -> None:
    """Draw a bar per peer, `ours` in a colour of its own. The same figures make the same file."""
    titles, values = zip(*added.values(), strict=True)
    colours = [_OURS if peer == "ours" else _BAR for peer in added]
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": file.stem, "font.size": 10}):
        figure = Figure(figsize=(8, 0.8 + 0.4 * len(added)), layout="constrained")
        axes = figure.subplots()
        bars = axes.barh(titles, values, color=colours, height=0.62)
        axes.bar_label(bars, fmt="{:.3g}", padding=4, color=_INK)
        axes.set_title("What protecting an endpoint adds to a request", color=_INK, loc="left")
        axes.set_xlabel("RSA verifications, on a logarithmic scale (less is better)", color=_INK)
        axes.set_xscale("log")  # the slowest takes hundreds of times as long as the quickest
        axes.set_xlim(1, max(values) * 2.5)  # 1 is the check of the signature, which all of them do
        axes.xaxis.set_major_formatter("{x:g}")
        axes.invert_yaxis()
        axes.tick_params(which="both", colors=_INK, length=0)
        axes.spines[:].set_visible(False)
        for label, peer in zip(axes.get_yticklabels(), added, strict=True):
            label.set_color(_OURS if peer == "ours" else _INK)
        figure.savefig(file, transparent=True, metadata={"Date": None, "Creator": None})
