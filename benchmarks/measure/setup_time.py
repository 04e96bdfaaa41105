"""How long a new user waits: for the rendered project, and for its first response."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import free_ports, running

from .serving import responds
from .testbed import Testbed

TIMEOUT = 300
"""Seconds until a project must be set up and started."""


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Time rendering, and `make dev` with an empty and with a filled package cache, in seconds."""
    # The test bed sets variables to its own CA, which package indexes do not have.
    ca_file = str(testbed.tenant.ca_file)
    environ = {name: value for name, value in user_environ().items() if value != ca_file}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        outputs = [folder / f"render-{number}" for number in range(3 if quick else 7)]
        renders = [_render_seconds(output, environ) for output in outputs]
        environ |= {f"{tool}_CACHE_DIR": str(folder / tool) for tool in ("PIP", "UV")}
        empty = _first_response_seconds(folder / "empty-cache", environ)
        filled = _first_response_seconds(folder / "filled-cache", environ)
    return {
        "render_seconds": median(renders),
        "first_response_seconds": {"empty_cache": empty, "filled_cache": filled},
    }


def _render_seconds(output: Path, environ: Mapping[str, str]) -> float:
    """Render the defaults with the cookiecutter command; return how long it takes."""
    output.mkdir()
    config = output / "config.json"  # the user's config may have other defaults
    config.write_text(f'{{"replay_dir": "{output}/replay", "cookiecutters_dir": "{output}/none"}}')
    options = ["--no-input", "--config-file", str(config), "--output-dir", str(output)]
    command = [sys.executable, "-m", "cookiecutter", *options, str(TEMPLATE)]
    started = time.perf_counter()
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _first_response_seconds(output: Path, environ: Mapping[str, str]) -> float:
    """Render and run `make dev`; return the time until the public endpoint responds."""
    port, tenant_port = map(str, free_ports(2))
    started = time.perf_counter()
    _render_seconds(output, environ)
    log = output / "make-dev.log"
    with (
        log.open("wb") as log_stream,
        running(
            ["make", "dev", f"PYTHON={sys.executable}"],
            output / "messages-api",
            {**environ, "PORT": port, "LOCAL_AUTH0_PORT": tenant_port},
            log_stream,
        ) as process,
    ):
        while process.poll() is None and time.perf_counter() - started < TIMEOUT:
            if responds(f"http://127.0.0.1:{port}/api/public"):
                return time.perf_counter() - started
            time.sleep(0.02)
    lines = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise RuntimeError(f"make dev exited, or did not respond within {TIMEOUT} s:\n{lines}")
