"""Node.js tools that npx runs from its cache, in pinned versions."""

import subprocess
from functools import cache

from .environ import user_environ
from .file_lock import file_lock
from .paths import TEMPLATE
from .programs import require_program


@cache
def cache_npx_package(package: str) -> None:
    """Have npx download a tool, `name@version`, into its cache. Skip the test without npx."""
    require_program("npx")
    lock = TEMPLATE / "build" / "npx.lock"
    lock.parent.mkdir(exist_ok=True)
    with file_lock(lock):  # two npx processes would disturb each other
        command = ["npx", "--yes", package, "--version"]
        subprocess.run(command, env=user_environ(), stdin=subprocess.DEVNULL, check=True)
