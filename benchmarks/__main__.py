"""Measure, write the figures down, and say which goals were missed."""

import argparse
import importlib
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .site import Site, open_site

ROOT = Path(__file__).parent.parent

PARTS = ("verify", "whole_requests", "fetches", "sizes", "server", "setup_time")

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
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        open_site(Path(folder)) as site,
    ):
        figures = _measured(site, options.only or PARTS, options.quick)
    build = ROOT / "build" / "bench"
    build.mkdir(parents=True, exist_ok=True)
    (build / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    if options.only:
        _say(f"The figures are in {build / 'figures.json'}.")
        return 0
    missed: list[str] = importlib.import_module(".report", __package__).write(
        figures, ROOT / "docs"
    )
    for goal in missed:
        print(goal)
    return 1 if missed else 0


def _measured(site: Site, parts: Sequence[str], quick: bool) -> Figures:
    figures: Figures = {}
    for part in parts:
        _say(f"{part} …")
        began = time.monotonic()
        # Imported only when asked for: a part may need tools that the others can do without.
        figures[part] = importlib.import_module(f".{part}", __package__).measure(site, quick)
        _say(f"{part}: {time.monotonic() - began:.0f} s")
    return figures


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
