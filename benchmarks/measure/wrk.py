"""Load from wrk, an HTTP benchmarking program: https://github.com/wg/wrk."""

import re
import shutil
import subprocess
from dataclasses import dataclass

SECONDS = 1
"""The time of one load. Many short loads are better than few long ones: each connects again."""

_MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}


@dataclass(frozen=True)
class Loaded:
    """What wrk measured: the rate of the responses, and the time that 99 % of them took at most."""

    per_second: float
    p99_ms: float


@dataclass(frozen=True)
class Load:
    """The load of one thread of wrk over several keep-alive connections."""

    url: str
    connections: int
    token: str = ""

    def run(self, path: str) -> Loaded:
        """Load a path for `SECONDS`.

        Raises:
            RuntimeError: a response has another status than 2xx or 3xx.
        """
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{SECONDS}s", "--latency"]
        if self.token:
            command += ["-H", f"Authorization: Bearer {self.token}"]
        output = subprocess.run(
            [*command, self.url + path], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        rate = re.search(r"Requests/sec: +([0-9.]+)", output)
        p99 = re.search(r" 99% +([0-9.]+)(us|ms|s)", output)
        if "Non-2xx" in output or rate is None or p99 is None:
            raise RuntimeError(f"wrk failed for {path}: {output}")
        return Loaded(float(rate[1]), float(p99[1]) * _MILLISECONDS[p99[2]])

    def requests_per_second(self, path: str) -> float:
        """Load a path; return only the rate."""
        return self.run(path).per_second


def wrk_version() -> str:
    """Return the version of wrk.

    Raises:
        RuntimeError: wrk is not installed.
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is missing, which loads the servers: apt-get install wrk")
    # It exits with status 1 here. A copyright notice follows the version.
    output = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return output.partition("[")[0].strip()
