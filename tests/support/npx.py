"""Tools of Node.js, which npx runs from its cache in the requested versions."""

import subprocess
from functools import cache

from .environ import user_environ
from .file_lock import file_lock
from .paths import TEMPLATE
from .programs import require_program


@cache
def cache_npx_package(package: str) -> None:
    """Have npx put a tool, `name@version`, into its cache. Skips tests without npx."""
    require_program("npx")
    lock = TEMPLATE / "build" / "npx.lock"
    lock.parent.mkdir(exist_ok=True)
    with file_lock(lock):  # npx does not expect another one at the same time
        command = ["npx", "--yes", package, "--version"]
        subprocess.run(command, env=user_environ(), stdin=subprocess.DEVNULL, check=True)
