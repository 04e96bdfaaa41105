"""Projects created with cruft, each in a git repository with the edits of a user.

They come from a copy of the template's repository in which uncommitted changes are committed.
"""

import json
import shlex
import subprocess
import sysconfig
import tempfile
from hashlib import sha256
from pathlib import Path

from .environ import user_environ
from .file_lock import file_lock
from .git import IDENTITY, copy_working_tree, git, working_tree_files
from .markdown import code_blocks
from .paths import TEMPLATE
from .releases import Version, find_commit, read_changelog
from .user_edits import USER_ANSWERS, make_user_edits

ADDRESS = "https://github.com/org/template"
"""The template's address in UPGRADING.md."""

COMMIT = "git add --all && git commit --quiet --allow-empty --message"


class Projects:
    """Creates projects in a folder, and runs commands in them like their user."""

    def __init__(self, folder: Path, shared: Path) -> None:
        """Use an empty folder, and one that several processes may share."""
        self._folder, self._home, self._shared = folder, folder / "home", shared
        self._home.mkdir()
        shared.mkdir(exist_ok=True)
        self.template = shared / "template"
        with file_lock(shared / "template.lock"):
            if not self.template.exists():
                self._copy_template()

    def folder(self) -> Path:
        """Create an empty folder."""
        return Path(tempfile.mkdtemp(dir=self._folder))

    def run(self, script: str, folder: Path, *, status: int = 0, typed: str = "") -> str:
        """Run lines of bash until one fails; return the output. The exit status must be `status`.

        `git` is the one of this machine, `cruft` that of the tests' environment.
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

    def make(self, commit: str = "HEAD", /, **changed: str | bool) -> Path:
        """Return a clone of a project of this commit of the template, with edits."""
        answers = json.dumps(USER_ANSWERS | changed)
        made = self._shared / sha256(f"{commit}{answers}".encode()).hexdigest()
        with file_lock(made.with_suffix(".lock")):
            if not made.exists():
                self._create(commit, answers).rename(made)
        return self.clone(made / USER_ANSWERS["project_slug"])

    def clone(self, project: Path) -> Path:
        """Clone a project. The clone has only committed files, and no empty folders."""
        folder = self.folder()
        self.run(f"git clone --quiet {shlex.quote(str(project))}", folder)
        return folder / project.name

    def begin_history(self, project: Path, date: str = "") -> None:
        """Create a repository and commit all files, with the given date or now."""
        init = f"git init --quiet --initial-branch main; export GIT_COMMITTER_DATE='{date}'"
        self.run(f"{init}; {COMMIT} 'First'", project)

    def commit(self, project: Path) -> None:
        """Commit all changes."""
        self.run(f"{COMMIT} 'Another'", project)

    def commit_of(self, version: Version) -> str:
        """Return the commit of a version. A version in preparation has that of the working tree."""
        return git(self.template, "rev-parse", find_commit(version, self.template))

    def commit_of_number(self, number: str) -> str:
        """Return the commit of a version such as 0.2.0."""
        (version,) = (v for v in read_changelog(TEMPLATE) if v.number == number)
        return self.commit_of(version)

    def _create(self, commit: str, answers: str) -> Path:
        """Create a project in a new folder; return the folder."""
        folder, checkout = self.folder(), "" if commit == "HEAD" else f"--checkout {commit}"
        given = f"{checkout} --no-input --extra-context {shlex.quote(answers)}"
        self.run(f"uvx cruft create {ADDRESS} {given}", folder)
        (project,) = folder.iterdir()
        self.begin_history(project)
        make_user_edits(project)
        self.commit(project)
        return folder

    def _copy_template(self) -> None:
        """Clone the template and commit the working tree.

        The last commit deletes files that are not rendered: then every version is outdated, and
        cruft has less to check out.
        """
        clone = f"git clone --quiet --no-checkout --no-local {shlex.quote(str(TEMPLATE))} template"
        self.run(clone, self._shared)
        copy_working_tree(TEMPLATE, self.template)
        self.run(f"{COMMIT} 'The working tree'", self.template)
        self.run(f"git rm -qr benchmarks docs tests tools && {COMMIT} 'Later'", self.template)


def documented_commands(beginning: str) -> str:
    """Return the only block of shell commands in UPGRADING.md that starts with this string."""
    (block,) = (
        block
        for block in code_blocks(TEMPLATE / "UPGRADING.md", "bash")
        if block.startswith(beginning)
    )
    return block


def read_files(project: Path) -> dict[str, bytes]:
    """Return the content of a project's files by path, without files that git ignores."""
    return {
        name: (project / name).read_bytes()
        for name in working_tree_files(project)
        if (project / name).is_file()
    }


def differing_files(one: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    """Return the paths of files that differ or exist on only one side."""
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
