"""Programs that only some tests need: without one, they are skipped, and a summary names it.

`REQUIRE_PROGRAMS=1`, which CI sets, makes them fail instead.
"""

import os
import shutil

import pytest

PACKAGES = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "nginx": "nginx",
    "node": "nodejs",
    "npx": "npm",
    "redis-server": "redis-server",
}
"""By program: the Debian package that contains it."""


def find(program: str) -> str | None:
    """Return the path of a program, if it is in PATH."""
    return shutil.which(program)


def require(program: str) -> str:
    """Return the path of a program; without it, skip the test, or fail if programs are required."""
    path = find(program)
    if path is None:
        missing(program)
    return path or ""


def missing(program: str) -> None:
    """Skip a test without its program, or fail if programs are required."""
    reason = f"{program} is not installed: apt-get install {PACKAGES[program]}"
    if os.environ.get("REQUIRE_PROGRAMS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def summarize(reporter: pytest.TerminalReporter) -> None:
    """List the missing programs of skipped tests at the end of the output."""
    reasons = [
        str(report.longrepr[2])
        for report in reporter.getreports("skipped")
        if isinstance(report.longrepr, tuple)
    ]
    counts = {
        program: count
        for program in PACKAGES
        if (count := sum(f"{program} is not installed" in reason for reason in reasons))
    }
    if counts:
        reporter.section("skipped tests: missing programs")
        for program, count in counts.items():
            reporter.line(f"{program}: {count} tests; apt-get install {PACKAGES[program]}")
