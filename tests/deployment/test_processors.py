"""The number of gunicorn's workers: it follows a container's CPU limit, not the machine's CPUs."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ..support.environ import user_environ

COUNT_PROCESSORS = """
import json, os, runpy, sys
from pathlib import Path
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))} if "pinned" in sys.argv else os.sched_getaffinity(0))
settings = runpy.run_path("gunicorn.conf.py")
counts = [settings["cores"](Path(limit)) for limit in sys.argv[1].split(":")]
print(json.dumps([settings["workers"], counts]))
"""

pytestmark = pytest.mark.slow

needs_linux = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="only Linux has cgroups and CPU affinities"
)


@needs_linux
def test_container_limit_is_rounded_up(ready_project: Path, tmp_path: Path) -> None:
    usable = len(os.sched_getaffinity(0))
    expected = {"max 100000": usable, "50000 100000": 1, "100000 100000": 1, "150000 100000": 2}
    expected["6400000 100000"] = usable
    files = [tmp_path / str(number) for number in range(len(expected))]
    for file, limit in zip(files, expected, strict=True):
        file.write_text(f"{limit}\n")
    limits = [*files, tmp_path / "missing"]

    _, counts = count_processors(ready_project, ":".join(map(str, limits)))

    assert counts == [min(usable, cores) for cores in (*expected.values(), usable)]


@needs_linux
def test_gunicorn_has_at_least_two_workers(ready_project: Path) -> None:
    workers, (cores,) = count_processors(ready_project, "missing", "pinned")

    assert (workers, cores) == (2, 1)


def count_processors(project: Path, *arguments: str) -> tuple[int, list[int]]:
    """Read gunicorn.conf.py with a project's Python; return `workers` and results of `cores`."""
    read = subprocess.run(
        [".venv/bin/python", "-c", COUNT_PROCESSORS, *arguments],
        cwd=project,
        env=user_environ(AUTH0_DOMAIN="tenant.example.com"),
        capture_output=True,
        text=True,
        check=True,
    )
    workers, counts = json.loads(read.stdout)
    return workers, counts
