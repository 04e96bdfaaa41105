"""The files and make targets of the template or a project, to check what its Markdown mentions."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from .markdown import Page

EXCLUDED_FOLDERS = re.compile(r"\.(?!github)|__pycache__|build$|\{\{")


@dataclass(frozen=True)
class ProjectFiles:
    """The paths of all files, relative to `root`, and the targets of the Makefile."""

    root: Path
    files: frozenset[str]
    targets: frozenset[str]

    @property
    def pages(self) -> Iterator[tuple[str, Page]]:
        """The Markdown files, with their paths."""
        for path in sorted(self.files):
            if path.endswith(".md") and (self.root / path).exists():
                yield path, Page(self.root / path)

    def has(self, path: str) -> bool:
        """Return whether a file or folder has this path, relative to the root or to any folder."""
        pattern = path.rstrip("/")
        if not set(pattern) & set("*?["):
            return pattern in self._parts
        return any(fnmatchcase(part, pattern) for part in self._parts)

    @cached_property
    def _parts(self) -> frozenset[str]:
        """The paths of all files and folders, relative to the root and to any folder."""
        split = [file.split("/") for file in self.files]
        return frozenset(
            "/".join(names[start:end])
            for names in split
            for start in range(len(names))
            for end in range(start + 1, len(names) + 1)
        )

    def looks_like_a_path(self, code: str) -> bool:
        """Return whether inline code is one word with a slash, or the name or suffix of a file."""
        if not re.fullmatch(r"[\w.*-][\w./*-]*", code):
            return False
        files = [Path(file) for file in self.files]
        endings = {file.suffix for file in files if file.suffix}
        names = {file.name for file in files if not file.suffix}
        return "/" in code or Path(code).suffix in endings or code in names or code[0] == "."


def list_project_files(root: Path, renders: ProjectFiles | None = None) -> ProjectFiles:
    """List a folder. The template's pages may also mention what it `renders`."""
    files = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not EXCLUDED_FOLDERS.match(name)]
        files |= {(Path(folder) / name).relative_to(root).as_posix() for name in names}
    targets = set(re.findall(r"^([a-z][a-z-]*):", (root / "Makefile").read_text(), re.M))
    if renders is not None:
        files, targets = files | renders.files, targets | renders.targets
    return ProjectFiles(root, frozenset(files), frozenset(targets))
