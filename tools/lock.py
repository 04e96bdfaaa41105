"""Lock the rendered API: `python -m tools.lock`, with `--upgrade` to the newest versions.

The locks of a project depend on its features. So every combination of features is rendered and
locked by its own Makefile, with the template's uv, which has the same version. The results are
merged into one file, in which Jinja omits the packages that only absent features need.
"""

import argparse
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.paths import IN_TEMPLATE, TEMPLATE
from tests.support.rendering import render

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")

Combination = frozenset[str]
"""The features of a project."""


def list_features() -> list[str]:
    """Return the names of all features, which are the y/n prompts."""
    answers = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    return [name for name, default in answers.items() if isinstance(default, bool)]


def list_combinations() -> list[Combination]:
    """Return every combination of features, the one with all features first."""
    names = list_features()
    sizes = range(len(names), -1, -1)
    return [frozenset(chosen) for n in sizes for chosen in itertools.combinations(names, n)]


def split_lock(lock: str) -> dict[str, str]:
    """Split a lock into its heading, by "", and the lines of each package, by its pin."""
    heading, *blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    return {"": heading} | {block.partition(" \\")[0]: block for block in blocks}


def merge_locks(locks: Mapping[Combination, str]) -> str:
    """Return one lock, with Jinja around the packages that only some features need.

    Raises:
        ValueError: the locks have different versions of a package, or a package is needed only by
            several features together.
    """
    found = {combination: split_lock(lock) for combination, lock in locks.items()}
    merged = found[max(found, key=len)]
    for combination, own in found.items():
        for name, block in own.items():
            if merged.get(name) != block:
                raise ValueError(f"{sorted(combination)} locks another version of {name}.")
    conditions = {}
    for name in merged:
        having = {combination for combination, own in found.items() if name in own}
        needed_by = sorted(feature for each in having if len(each) == 1 for feature in each)
        if len(having) == len(found):
            needed_by = []
        elif having != {each for each in found if each & {*needed_by}}:
            raise ValueError(f"{name} is needed by a combination of features.")
        conditions[name] = " or ".join(f"cookiecutter.{feature}" for feature in needed_by)
    text = ""
    for condition, names in itertools.groupby(merged, lambda name: conditions[name]):
        blocks = "".join(merged[name] for name in names)
        text += f"{{% if {condition} -%}}\n{blocks}{{% endif -%}}\n" if condition else blocks
    return text


def main(arguments: Sequence[str]) -> int:
    """Lock every combination and write the merged locks; return the exit status."""
    parser = argparse.ArgumentParser("python -m tools.lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="to the newest versions")
    upgrade = parser.parse_args(arguments).upgrade
    projects: dict[Combination, Path] = {}
    locked: dict[str, Path] = {}  # by pyproject.toml: the locks depend only on this file
    with tempfile.TemporaryDirectory() as folder:
        for combination in list_combinations():
            project = _render_combination(Path(folder), combination)
            projects[combination] = locked.setdefault(
                (project / "pyproject.toml").read_text(), project
            )
            if projects[combination] is not project:
                continue
            first, *others = locked.values()
            for lock in LOCKS if others else ():  # so that uv keeps these versions
                shutil.copy(first / lock, project / lock)
            _run_make(project, "upgrade" if upgrade and not others else "lock")
        for lock in LOCKS:
            texts = {each: (project / lock).read_text() for each, project in projects.items()}
            (IN_TEMPLATE / lock).write_text(merge_locks(texts), encoding="utf-8")
    return 0


def _run_make(project: Path, command: str) -> None:
    """Run a make command that needs only uv in the project's .venv."""
    tools = project / ".venv/bin"
    tools.mkdir(parents=True)
    (tools / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    (project / ".venv/.ready").touch()
    subprocess.run(["make", "-s", command], cwd=project, check=True)


def _render_combination(folder: Path, combination: Combination) -> Path:
    answers = {feature: "yes" if feature in combination else "no" for feature in list_features()}
    return render(folder / "-".join(["with", *sorted(combination)]), **answers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
