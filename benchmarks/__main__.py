"""Measure, write the figures down, and say which goals were missed."""

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .site import Site, open_site

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "build" / "bench" / "figures.json"

PARTS = ("verify", "whole_requests", "fetches", "sizes", "server", "setup_time")

PROCESSES = {"whole_requests": 7}
"""How many processes measure a part, one after the other, if it takes more than one."""

Figures = dict[str, dict[str, object]]


def main(arguments: Sequence[str]) -> int:
    """Run the parts one after the other; 1 means that a goal was missed."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds, for a try")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help=f"measure these alone and leave docs/ as it is: {', '.join(PARTS)}",
    )
    parser.add_argument("--here", action="store_true", help="measure each part in one process")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        open_site(Path(folder)) as site,
    ):
        figures = _measured(site, options.only or PARTS, options.quick, options.here)
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    if options.only:
        _say(f"The figures are in {FIGURES}.")
        return 0
    missed: list[str] = importlib.import_module(".report", __package__).write(
        figures, ROOT / "docs"
    )
    for goal in missed:
        print(goal)
    return 1 if missed else 0


def _measured(site: Site, parts: Sequence[str], quick: bool, here: bool) -> Figures:
    figures: Figures = {}
    for part in parts:
        _say(f"{part} …")
        began = time.monotonic()
        if part in PROCESSES and not here:
            figures[part] = _middle_of_processes(part, quick)
        else:
            # Imported only when asked for: a part may need tools that the others can do without.
            figures[part] = importlib.import_module(f".{part}", __package__).measure(site, quick)
        _say(f"{part}: {time.monotonic() - began:.0f} s")
    return figures


def _middle_of_processes(part: str, quick: bool) -> dict[str, object]:
    """Measure a part in fresh processes, and return the middle of what they found, figure by figure.

    Where code and data happen to lie in a process moves a difference of two requests by a tenth:
    more rounds in the same process do not even that out.
    """
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks", "--here", "--only", part]
    runs = []
    for _ in range(PROCESSES[part]):
        options = ["--quick"] if quick else []
        subprocess.run([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        runs.append(json.loads(FIGURES.read_text())[part])
    return middle(runs)


def middle(runs: Sequence[dict[str, object]]) -> dict[str, object]:
    """Return one dictionary like the given ones, with the median of each number."""
    merged: dict[str, object] = {}
    for name, first in runs[0].items():
        values: list[Any] = [run[name] for run in runs]
        if isinstance(first, dict):
            merged[name] = middle(values)
        else:
            merged[name] = statistics.median(values) if isinstance(first, int | float) else first
    return merged


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
