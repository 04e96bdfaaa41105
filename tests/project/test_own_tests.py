"""The tests of a rendered project pass in parallel and in any order."""

import random
import sysconfig
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import check_output

pytestmark = pytest.mark.slow

SHUFFLE = """\
import os
import random


def pytest_collection_modifyitems(items):
    random.Random(os.environ["SEED"]).shuffle(items)
"""


def test_own_tests_pass_in_parallel_and_in_any_order(ready_project: Path, tmp_path: Path) -> None:
    (tmp_path / "shuffle.py").write_text(SHUFFLE, encoding="utf-8")
    seed = str(random.randrange(10**6))  # noqa: S311  # not a secret
    environ = user_environ(
        PYTHONPATH=f"{tmp_path}:{sysconfig.get_path('purelib')}",  # where xdist is
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        SEED=seed,
    )
    plugins = ["-p", "xdist", "-p", "shuffle", "-p", "no:cacheprovider"]

    output = check_output([".venv/bin/pytest", "-q", *plugins, "-n", "2"], ready_project, environ)

    assert " passed" in output, f"seed {seed}\n{output}"
