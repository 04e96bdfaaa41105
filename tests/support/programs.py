"""Programs that only some tests need. Without one, these tests are skipped and a summary names it.

With `REQUIRE_PROGRAMS=1`, which CI sets, they fail instead.
"""

import os
import shutil

import pytest

DEBIAN_PACKAGES = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "nginx": "nginx",
    "node": "nodejs",
    "npx": "npm",
    "redis-server": "redis-server",
}
"""The Debian package of each program."""


def find_program(program: str) -> str | None:
    """Return the path of a program, if it is in PATH."""
    return shutil.which(program)


def require_program(program: str) -> str:
    """Return the path of a program. If it is missing, skip the test, or fail if it is required."""
    path = find_program(program)
    if path is None:
        skip_without(program)
    return path or ""


def skip_without(program: str) -> None:
    """Skip a test whose program is missing, or fail if programs are required."""
    reason = f"{program} is not installed: apt-get install {DEBIAN_PACKAGES[program]}"
    if os.environ.get("REQUIRE_PROGRAMS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def report_missing_programs(reporter: pytest.TerminalReporter) -> None:
    """List the missing programs of skipped tests at the end of the output."""
    reasons = [
        str(report.longrepr[2])
        for report in reporter.getreports("skipped")
        if isinstance(report.longrepr, tuple)
    ]
    counts = {
        program: count
        for program in DEBIAN_PACKAGES
        if (count := sum(f"{program} is not installed" in reason for reason in reasons))
    }
    if counts:
        reporter.section("skipped tests: missing programs")
        for program, count in counts.items():
            reporter.line(f"{program}: {count} tests; apt-get install {DEBIAN_PACKAGES[program]}")
