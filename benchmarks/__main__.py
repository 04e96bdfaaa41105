"""Measure the rendered API and its peers, write docs/benchmarks.*, and print the missed goals."""

import argparse
import json
import sys
from collections.abc import Sequence

from tests.support.paths import TEMPLATE

from .measure.parts import FIGURES_FILE, PARTS, measure

DOCS = TEMPLATE / "docs"


def main(arguments: Sequence[str]) -> int:
    """Run the command; return its exit status, which is 1 if a goal was missed."""
    options = _parse_arguments(arguments)
    if options.report:
        figures = json.loads((DOCS / "benchmarks.json").read_text(encoding="utf-8"))
    else:
        figures = measure(options.only or list(PARTS), quick=options.quick, here=options.here)
        FIGURES_FILE.parent.mkdir(parents=True, exist_ok=True)
        FIGURES_FILE.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if options.only:
        print(f"The figures are in {FIGURES_FILE}.", file=sys.stderr)
        return 0
    # Imported late: Matplotlib is not to be in this process while it measures.
    from .report.files import write_report

    missed = write_report(figures, DOCS)
    print(*missed, sep="\n", end="\n" if missed else "")
    return 1 if missed else 0


def _parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="try it out, with a tenth of the rounds"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help=f"measure only these parts and leave docs/ unchanged: {', '.join(PARTS)}",
    )
    parser.add_argument("--here", action="store_true", help="measure each part in one process")
    parser.add_argument(
        "--report",
        action="store_true",
        help="measure nothing: write docs/ again from the figures in docs/benchmarks.json",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
