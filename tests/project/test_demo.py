"""`make demo`: its output, its failures, and that it leaves no processes running.

The demo runs in a copy of the template, so that it does not share the template's build folder.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import demo

from ..support.environ import user_environ
from ..support.git import copy_working_tree
from ..support.paths import IN_PACKAGE, PROJECT_FOLDER, TEMPLATE
from ..support.processes import is_listening, running
from ..support.waiting import wait_until

PRINTED = """\
Rendering the defaults into build/messages-api ... 0.0 s
Setting up its .venv ... 0.0 s
Starting the API under gunicorn with the stand-in tenant ... 0.0 s
Calling every endpoint with every kind of token ... 0.0 s

                         /api/public   /api/private   /api/private-scoped
no token                 200 ✓         401 ✓          401 ✓
valid, without a scope   200 ✓         200 ✓          403 ✓
valid, read:messages     200 ✓         200 ✓          200 ✓
valid, write:messages    200 ✓         200 ✓          403 ✓
expired                  200 ✓         401 ✓          401 ✓
for another audience     200 ✓         401 ✓          401 ✓
tampered with            200 ✓         401 ✓          401 ✓

Every response is as expected. Next:
  cd build/messages-api   (the next demo renders it again)
  make dev                runs the API with the stand-in tenant and prints how to call it
  make test               runs its tests
"""

UNREACHABLE_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "https://127.0.0.1:1/simple",
    "PIP_RETRIES": "0",
}

RENDER = [sys.executable, "-c", "from tools import demo; demo.render_project()"]

CELLS = [(name, column) for name in demo.EXPECTED_STATUSES for column in range(len(demo.ENDPOINTS))]


@pytest.fixture(scope="module")
def template_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the template, in which several tests run demos one after the other."""
    template = tmp_path_factory.mktemp("demo") / "template"
    copy_working_tree(TEMPLATE, template)
    return template


@pytest.fixture(scope="module")
def rendered_template(template_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template after the demo's first step, rendering. Tests must not edit it."""
    template = tmp_path_factory.mktemp("rendered") / "template"
    shutil.copytree(template_copy, template, ignore=shutil.ignore_patterns("build"))
    (template / "build").mkdir()
    subprocess.run(RENDER, cwd=template, env=user_environ(), check=True)
    return template


def run_demo(template: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=template,
        env=user_environ(PYTHONIOENCODING="utf-8", **environ),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def ready_marker(template: Path) -> Path:
    """Return the file that the set-up of the project creates last."""
    return template / "build/messages-api/.venv/.ready"


def descendants(pid: int) -> set[int]:
    """Return the running processes that descend from this one."""
    ps = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [row.split() for row in ps.stdout.splitlines()]
    parents = {int(row[0]): int(row[1]) for row in rows if row[2][0] != "Z"}
    found, last = set[int](), {pid}
    while last := {child for child, parent in parents.items() if parent in last}:
        found |= last
    return found


def is_alive(pid: int) -> bool:
    ps = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return ps.stdout.strip() not in ("", "Z", "Z+", "Zs")


@pytest.mark.parametrize(
    ("name", "column"), CELLS, ids=[f"{name} at {demo.ENDPOINTS[i]}" for name, i in CELLS]
)
def test_wrong_response_is_reported_and_marked(name: str, column: int) -> None:
    statuses = {token: list(row) for token, row in demo.EXPECTED_STATUSES.items()}
    assert demo.wrong_statuses(statuses) == []

    statuses[name][column] = 500

    expected = demo.EXPECTED_STATUSES[name][column]
    assert demo.wrong_statuses(statuses) == [
        f"  {demo.ENDPOINTS[column]}, {name}: 500 instead of {expected}"
    ]
    assert re.findall(r"\d+ [✗W]\w*", demo.format_statuses(statuses)) in (["500 ✗"], ["500 WRONG"])


def test_output_is_words_if_encoding_has_no_check_mark() -> None:
    show = "from tools import demo; print(demo.format_statuses(demo.EXPECTED_STATUSES))"
    shown = subprocess.run(
        [sys.executable, "-c", show],
        cwd=TEMPLATE,
        env=user_environ(PYTHONIOENCODING="ascii"),
        capture_output=True,
        encoding="ascii",
        check=True,
    )
    in_words = shown.stdout.splitlines()
    assert in_words[1].split() == ["no", "token", "200", "ok", "401", "ok", "401", "ok"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "step", "seconds"),
    [
        (signal.SIGINT, "Setting up", 0.3),
        (signal.SIGINT, "Starting", 0.3),
        (signal.SIGINT, "Calling", 0),
        (signal.SIGTERM, "Calling", 0),
    ],
    ids=["Ctrl-C in set-up", "Ctrl-C in start", "Ctrl-C in calls", "SIGTERM in calls"],
)
def test_signal_stops_the_demo_and_its_children(
    template_copy: Path, ending: signal.Signals, step: str, seconds: float
) -> None:
    """The signal arrives `seconds` after the step has started."""
    if step == "Setting up":
        ready_marker(template_copy).unlink(missing_ok=True)
    command = [sys.executable, "-m", "tools.demo"]
    environ = user_environ(PYTHONIOENCODING="utf-8")
    with running(command, template_copy, environ) as started:
        assert started.stdout
        seen = b""
        while step.encode() not in seen:
            seen += os.read(started.stdout.fileno(), 1000) or pytest.fail("The demo has exited.")
        deadline = time.monotonic() + 5
        while not (children := descendants(started.pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        children |= descendants(started.pid)
        assert children

        started.send_signal(ending)

        assert started.wait(timeout=20) == 128 + ending
        assert b"Interrupted; nothing is left running." in started.stdout.read()
        wait_until(lambda: not any(map(is_alive, children)), "the children have ended")


@pytest.mark.slow
def test_demo_prints_the_table_and_stops_its_servers(template_copy: Path) -> None:
    finished = run_demo(template_copy)

    assert finished.stderr == ""
    assert re.sub(r"\d+\.\d s", "0.0 s", finished.stdout) == PRINTED
    assert finished.returncode == 0
    log = (template_copy / "build/demo.log").read_text()
    ports = [int(port) for port in re.findall(r"http.*?:(\d+)", log)]
    servers = [int(pid) for pid in re.findall(r"(?:\] \[|pid: )(\d+)", log)]
    assert len(ports) >= 2
    assert len(servers) >= 2
    assert [port for port in ports if is_listening(port)] == []
    assert [pid for pid in servers if is_alive(pid)] == []


@pytest.mark.slow
def test_wrong_access_policy_fails_the_demo(template_copy: Path) -> None:
    routes = template_copy / IN_PACKAGE.relative_to(TEMPLATE) / "routes.py"
    right = routes.read_text()
    routes.write_text(right.replace('@requires_scope("read:messages")', "@requires_auth"))
    try:
        finished = run_demo(template_copy)
    finally:
        routes.write_text(right)

    assert finished.returncode == 1
    assert "valid, without a scope   200 ✓         200 ✓          200 ✗\n" in finished.stdout
    assert finished.stderr == (
        "These responses are wrong:\n"
        "  /api/private-scoped, valid, without a scope: 200 instead of 403\n"
        "  /api/private-scoped, valid, write:messages: 200 instead of 403\n"
    )


@pytest.mark.slow
def test_api_that_does_not_start_shows_its_log(template_copy: Path) -> None:
    gunicorn_conf = template_copy / PROJECT_FOLDER / "gunicorn.conf.py"
    right = gunicorn_conf.read_text()
    gunicorn_conf.write_text(right + 'sys.exit("the reason why")\n')
    try:
        finished = run_demo(template_copy)
    finally:
        gunicorn_conf.write_text(right)

    assert finished.returncode == 1
    assert "with the stand-in tenant ... failed\n" in finished.stdout
    assert "  | the reason why\n" in finished.stderr
    assert "The API stopped while it started: see the log above." in finished.stderr


@pytest.mark.slow
def test_unreachable_index_fails_the_set_up(tmp_path: Path) -> None:
    copy_working_tree(TEMPLATE, tmp_path / "template")

    finished = run_demo(tmp_path / "template", **UNREACHABLE_INDEX)

    assert finished.returncode == 1
    assert "Setting up its .venv ... failed\n" in finished.stdout
    assert "  | ERROR: " in finished.stderr
    assert "Check that pip can reach your package index" in finished.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("python", "comment", "is_ready"),
    [
        (demo.PYTHON, "", True),
        (demo.PYTHON, "# another lock\n", False),
        (Path("/usr/bin/env"), "", False),
    ],
    ids=["the same", "another lock", "another Python"],
)
def test_next_demo_reuses_a_venv_with_same_locks_and_python(
    rendered_template: Path, tmp_path: Path, python: Path, comment: str, is_ready: bool
) -> None:
    template = tmp_path / "template"
    shutil.copytree(rendered_template, template)
    (ready_marker(template).parent / "bin").mkdir(parents=True)
    (ready_marker(template).parent / "bin/python").symlink_to(python)
    ready_marker(template).touch()
    with (template / PROJECT_FOLDER / "requirements-dev.txt").open("a") as lock:
        lock.write(comment)

    subprocess.run(RENDER, cwd=template, env=user_environ(), check=True)

    project = template / "build/messages-api"
    up_to_date = subprocess.run(
        ["make", "-q", ".venv/.ready"], cwd=project, env=user_environ(), check=False
    )
    assert up_to_date.returncode == (0 if is_ready else 1)
