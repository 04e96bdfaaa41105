"""The template's commit hooks, run on all of its files."""

import re
import subprocess
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.paths import PROJECT_FOLDER, TEMPLATE

pytestmark = pytest.mark.slow


def run_hooks(template_clone: Path) -> subprocess.CompletedProcess[str]:
    """Run every hook on every tracked file."""
    caches = {
        "PRE_COMMIT_HOME": str(template_clone.parent),
        "MYPY_CACHE_DIR": str(TEMPLATE / ".mypy_cache"),
    }
    return subprocess.run(
        [".venv/bin/pre-commit", "run", "--all-files", "--color=never"],
        cwd=template_clone,
        env=user_environ(**caches),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_every_hook_checks_files_and_passes(template_clone: Path) -> None:
    hooks = run_hooks(template_clone)

    assert hooks.returncode == 0, hooks.stdout
    results = re.findall(r"(Passed|Skipped|Failed)$", hooks.stdout, re.MULTILINE)
    assert set(results) == {"Passed"}, hooks.stdout


def test_hooks_check_the_rendered_files_too(template_clone: Path) -> None:
    readme = template_clone / PROJECT_FOLDER / "README.md"
    readme.write_text(
        readme.read_text(encoding="utf-8") + "Trailing white space \n", encoding="utf-8"
    )

    hooks = run_hooks(template_clone)

    assert hooks.returncode == 1
    assert f"Fixing {PROJECT_FOLDER}/README.md" in hooks.stdout
