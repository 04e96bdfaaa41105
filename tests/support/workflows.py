"""The contents of `.github` in a repository: workflows and the Dependabot configuration."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

WORKFLOWS_FOLDER = ".github/workflows"

Job = Mapping[str, Any]


def workflow_text(repository: Path) -> str:
    """Return the text of all workflows."""
    files = sorted((repository / WORKFLOWS_FOLDER).iterdir())
    return "".join(file.read_text(encoding="utf-8") for file in files)


def read_jobs(repository: Path) -> Iterator[tuple[str, Job]]:
    """Yield the name and definition of each job in the workflows."""
    for file in sorted((repository / WORKFLOWS_FOLDER).iterdir()):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].items()


def job_commands(repository: Path) -> str:
    """Return all commands that the jobs run."""
    steps = (step for _, job in read_jobs(repository) for step in job["steps"])
    return "\n".join(step["run"] for step in steps if "run" in step)


def used_actions(repository: Path) -> list[str]:
    """Return the actions of all `uses:` lines, with their comments."""
    return re.findall(r"\buses:\s*(.+)", workflow_text(repository))


def dependabot_updates(repository: Path) -> list[dict[str, Any]]:
    """Return the entries of dependabot.yml."""
    text = (repository / ".github/dependabot.yml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)["updates"]
    return entries
