"""How long a newcomer waits: for the rendered project, and from nothing to its first answer."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median

import requests

from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import free_ports, running

from .site import Site

PATIENCE = 300
"""Seconds after which a project that is set up and started has to answer."""


def measure(site: Site, quick: bool) -> dict[str, object]:
    """Render, and set up and start, from nothing. All figures are seconds of real time."""
    # The site has this process trust its own certificate alone, which no package index has.
    own_ca = str(site.tenant.ca_file)
    environ = {name: value for name, value in user_environ().items() if value != own_ca}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        outputs = [folder / f"render-{number}" for number in range(3 if quick else 7)]
        renders = [_render(output, environ) for output in outputs]
        # pip and uv keep what they have downloaded there and nowhere else.
        environ |= {f"{tool}_CACHE_DIR": str(folder / tool) for tool in ("PIP", "UV")}
        empty = _first_answer(folder / "empty-cache", environ)
        filled = _first_answer(folder / "filled-cache", environ)
    return {
        "render_seconds": median(renders),
        "first_answer_seconds": {"empty_cache": empty, "filled_cache": filled},
    }


def _render(output: Path, environ: Mapping[str, str]) -> float:
    """Render the defaults as the command does; return the seconds."""
    output.mkdir()
    config = output / "config.json"  # instead of the user's, which may hold other defaults
    config.write_text(f'{{"replay_dir": "{output}/replay", "cookiecutters_dir": "{output}/none"}}')
    options = ["--no-input", "--config-file", str(config), "--output-dir", str(output)]
    command = [sys.executable, "-m", "cookiecutter", *options, str(TEMPLATE)]
    started = time.perf_counter()
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _first_answer(output: Path, environ: Mapping[str, str]) -> float:
    """Render, and `make dev`; return the seconds until the public endpoint has answered."""
    port, tenant_port = map(str, free_ports(2))
    ports = {"PORT": port, "LOCAL_AUTH0_PORT": tenant_port}
    started = time.perf_counter()
    _render(output, environ)
    project, log = output / "messages-api", output / "make-dev.log"
    command = ["make", "dev", f"PYTHON={sys.executable}"]
    with (
        log.open("wb") as sink,
        running(command, project, {**environ, **ports}, sink) as made,
    ):
        while made.poll() is None and time.perf_counter() - started < PATIENCE:
            if _answers(f"http://127.0.0.1:{port}/api/public"):
                return time.perf_counter() - started
            time.sleep(0.02)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise RuntimeError(f"make dev came to no answer in {PATIENCE} s, or ended before:\n{end}")


def _answers(url: str) -> bool:
    with requests.Session() as session, suppress(requests.RequestException):
        session.trust_env = False  # a proxy of the user's has no part in it
        return session.get(url, timeout=5).status_code == 200
    return False
