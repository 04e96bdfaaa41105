"""What stands in a folder's `.github`: its workflows, and what Dependabot is to look after."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = ".github/workflows"

Job = Mapping[str, Any]


def text_of(house: Path) -> str:
    """All its workflows, one after the other."""
    files = sorted((house / FOLDER).iterdir())
    return "".join(file.read_text(encoding="utf-8") for file in files)


def jobs(house: Path) -> Iterator[tuple[str, Job]]:
    """Each job of its workflows, with its name."""
    for file in sorted((house / FOLDER).iterdir()):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].items()


def commands(house: Path) -> str:
    """All that its jobs run, one after the other."""
    steps = (step for _, job in jobs(house) for step in job["steps"])
    return "\n".join(step["run"] for step in steps if "run" in step)


def actions(house: Path) -> list[str]:
    """What follows `uses:`, up to the end of each line."""
    return re.findall(r"\buses:\s*(.+)", text_of(house))


def updates(house: Path) -> list[dict[str, Any]]:
    """What dependabot looks after."""
    text = (house / ".github/dependabot.yml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)["updates"]
    return entries
