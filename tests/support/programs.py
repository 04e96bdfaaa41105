"""Programs that only some tests need: without one they are skipped, and the last lines name it.

`REQUIRE_PROGRAMS=1`, which CI sets, forbids that.
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
}
"""Debian's packages, by the program that they contain."""


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
    """Skip a test that lacks a program, or fail if programs are required."""
    reason = f"{program} is not installed: apt-get install {PACKAGES[program]}"
    if os.environ.get("REQUIRE_PROGRAMS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def summarize(reporter: pytest.TerminalReporter) -> None:
    """Name the programs that skipped tests lacked, at the end of the output."""
    reasons = [
        str(report.longrepr[2])
        for report in reporter.getreports("skipped")
        if isinstance(report.longrepr, tuple)
    ]
    lacking = {
        program: count
        for program in PACKAGES
        if (count := sum(f"{program} is not installed" in reason for reason in reasons))
    }
    if lacking:
        reporter.section("not tested, for lack of programs")
        for program, count in lacking.items():
            reporter.line(f"{program}: {count} tests; apt-get install {PACKAGES[program]}")
