"""Projects of an owner, each a git repository, that came from a version of the template by cruft.

The template is a repository too: the history of this one and, on top of it, what is not committed.
"""

import json
import shlex
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from .environ import user_environ
from .git import IDENTITY, copy_working_tree, files, git
from .owner import ANSWERS, edit
from .places import TEMPLATE
from .releases import Version, commit_of

ADDRESS = "https://github.com/<owner>/<this repository>"
"""Of the template, as UPGRADING.md writes it."""

COMMIT = "git add --all && git commit --quiet --allow-empty --message"


class Projects:
    """Makes projects in a folder, and types commands in them as their owner does."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._home = folder, folder / "home"
        self._home.mkdir()
        self.template = folder / "template"
        self._copy_template()

    def folder(self) -> Path:
        """A new folder."""
        return Path(tempfile.mkdtemp(dir=self._folder))

    def run(self, script: str, folder: Path, *, status: int = 0, typed: str = "") -> str:
        """Run lines of bash up to the first that fails, and look how they end.

        Return all that they print. In PATH are the git of this machine and the cruft of this run.
        """
        tools = sysconfig.get_path("scripts")
        environ = user_environ(HOME=str(self._home), **IDENTITY)
        script = script.replace("uvx cruft", "cruft").replace(ADDRESS, str(self.template))
        done = subprocess.run(
            ["bash", "-ec", script],
            cwd=folder,
            env=environ | {"PATH": f"{tools}:{environ['PATH']}"},
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def make(self, commit: str = "HEAD", **changed: str) -> Path:
        """Make a project of the template's commit, commit it, then edit it and commit again."""
        folder = self.folder()
        answers = shlex.quote(json.dumps(ANSWERS | changed))
        at = "" if commit == "HEAD" else f"--checkout {commit}"
        self.run(f"uvx cruft create {ADDRESS} {at} --no-input --extra-context {answers}", folder)
        project = folder / ANSWERS["project_slug"]
        self.begin_history(project)
        edit(project)
        self.commit(project)
        return project

    def begin_history(self, project: Path, date: str = "") -> None:
        """Make a project a repository, and what is there its first commit, of now if of no date."""
        init = f"git init --quiet --initial-branch main; export GIT_COMMITTER_DATE='{date}'"
        self.run(f"{init}; {COMMIT} 'First'", project)

    def commit(self, project: Path) -> None:
        """Commit whatever has changed."""
        self.run(f"{COMMIT} 'Another'", project)

    def commit_of(self, version: Version) -> str:
        """The commit of a version. One whose heading is not committed yet is the working tree."""
        commit = commit_of(version, self.template)
        assert commit is not None
        return git(self.template, "rev-parse", commit)

    def _copy_template(self) -> None:
        """The last commit changes nothing that is rendered, so that every version is an old one."""
        self.run(
            f"git clone --quiet --no-checkout {shlex.quote(str(TEMPLATE))} template", self._folder
        )
        copy_working_tree(TEMPLATE, self.template)
        self.run(f"{COMMIT} 'The working tree'", self.template)
        (self.template / "later").touch()
        self.run(f"{COMMIT} 'Later'", self.template)


def contents(project: Path) -> dict[str, bytes]:
    """The files of a project, but for what git ignores, by their paths."""
    return {
        name: (project / name).read_bytes() for name in files(project) if (project / name).is_file()
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    """The paths of the files that are not the same, or are on one side only."""
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
