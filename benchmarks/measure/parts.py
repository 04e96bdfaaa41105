"""The parts that can be measured, and how they are run."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.paths import TEMPLATE

from ..peers.all_peers import TIMED_PEERS
from . import (
    complete_requests,
    dpop,
    fetches,
    served_requests,
    server,
    setup_time,
    sizes,
    verify,
    whole_requests,
)
from .machine import this_machine
from .summaries import median_of_runs
from .testbed import Testbed, open_testbed

PARTS: Mapping[str, Callable[[Testbed, bool], dict[str, object]]] = {
    "verify": verify.measure,
    "whole_requests": whole_requests.measure,
    "complete_requests": complete_requests.measure,
    "served_requests": served_requests.measure,
    "dpop": dpop.measure,
    "fetches": fetches.measure,
    "sizes": sizes.measure,
    "server": server.measure,
    "setup_time": setup_time.measure,
}

PROCESSES = {"whole_requests": 7, "complete_requests": 7, "dpop": 7}
"""The number of processes that measure a part one after the other. Other parts need only one."""

FIGURES_FILE = TEMPLATE / "build" / "bench" / "figures.json"
"""Where the command leaves the figures of its last run."""


def measure(parts: Sequence[str], *, quick: bool, here: bool) -> dict[str, Mapping[str, object]]:
    """Measure the parts one after the other; return their figures, the machine and the peers.

    `quick` takes a tenth of the rounds. `here` measures each part once, in this process.
    """
    figures: dict[str, Mapping[str, object]] = {
        "machine": this_machine(),
        "peers": {name: peer.TITLE for name, peer in TIMED_PEERS.items()},
    }
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        open_testbed(Path(folder)) as testbed,
    ):
        for part in parts:
            print(f"{part} ...", file=sys.stderr, flush=True)
            started = time.monotonic()
            if part in PROCESSES and not here:
                figures[part] = _measure_in_processes(part, quick)
            else:
                figures[part] = PARTS[part](testbed, quick)
            print(f"{part}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return figures


def _measure_in_processes(part: str, quick: bool) -> dict[str, object]:
    """Measure a part in several new processes; return the median of each figure.

    The memory layout of a process changes the difference between two requests by up to 10 %, which
    more rounds in the same process do not even out.
    """
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks", "--here", "--only", part]
    if quick:
        command.append("--quick")
    runs = []
    for _ in range(PROCESSES[part]):
        subprocess.run(command, cwd=TEMPLATE, check=True)
        runs.append(json.loads(FIGURES_FILE.read_text(encoding="utf-8"))[part])
    return median_of_runs(runs)
