"""Tools of Node.js: npx runs them out of its own cache, each in the version that it is asked for."""

import subprocess
from functools import cache

from .environ import user_environ
from .paths import TEMPLATE
from .programs import require


@cache
def install(package: str) -> None:
    """Have npx put a tool into its cache, named as `name@version`. Skips tests without npx."""
    import fcntl  # not at the top: Windows has no such locks, and the fast tests run there as well

    require("npx")
    lock = TEMPLATE / "build" / "npx.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:  # npx does not expect another one at the same time
        fcntl.flock(file, fcntl.LOCK_EX)
        command = ["npx", "--yes", package, "--version"]
        subprocess.run(command, env=user_environ(), stdin=subprocess.DEVNULL, check=True)
