"""The two all_files whose Markdown is read: the template, and a project that it renders."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from .markdown import Page

FOLDERS_LEFT_OUT = re.compile(r"\.(?!github)|__pycache__|build$|\{\{")


@dataclass(frozen=True)
class ProjectFiles:
    """Its files by their paths from `root`, and what its make can be told to make."""

    root: Path
    files: frozenset[str]
    targets: frozenset[str]

    @property
    def pages(self) -> Iterator[tuple[str, Page]]:
        """Its Markdown files, by their paths."""
        for path in sorted(self.files):
            if path.endswith(".md") and (self.root / path).exists():
                yield path, Page(self.root / path)

    def has(self, path: str) -> bool:
        """Whether there is such a file or folder, named from the root or from any folder on."""
        pattern = path.rstrip("/")
        if not set(pattern) & set("*?["):
            return pattern in self._parts
        return any(fnmatchcase(part, pattern) for part in self._parts)

    @cached_property
    def _parts(self) -> frozenset[str]:
        """Every file and folder, named from the root and from any folder on."""
        split = [file.split("/") for file in self.files]
        return frozenset(
            "/".join(names[start:end])
            for names in split
            for start in range(len(names))
            for end in range(start + 1, len(names) + 1)
        )

    def looks_like_a_path(self, code: str) -> bool:
        """One word with a folder in it, or that ends as a file of the house does, or is its name."""
        if not re.fullmatch(r"[\w.*-][\w./*-]*", code):
            return False
        files = [Path(file) for file in self.files]
        endings = {file.suffix for file in files if file.suffix}
        names = {file.name for file in files if not file.suffix}
        return "/" in code or Path(code).suffix in endings or code in names or code[0] == "."


def list_project_files(root: Path, renders: ProjectFiles | None = None) -> ProjectFiles:
    """Look around in a folder. The pages of the template speak of what it renders as well."""
    files = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not FOLDERS_LEFT_OUT.match(name)]
        files |= {(Path(folder) / name).relative_to(root).as_posix() for name in names}
    targets = set(re.findall(r"^([a-z][a-z-]*):", (root / "Makefile").read_text(), re.M))
    if renders is not None:
        files, targets = files | renders.files, targets | renders.targets
    return ProjectFiles(root, frozenset(files), frozenset(targets))
