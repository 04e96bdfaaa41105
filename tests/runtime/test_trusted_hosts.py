"""DNS rebinding: a page of a site whose name resolves to this machine cannot read responses."""

import http.client
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import free_ports, running, wait_until_up

pytestmark = pytest.mark.slow

FAILING_VIEWS = """

@api.get("/failing")
@public
def fail() -> str:
    raise RuntimeError("a secret of the traceback")


@api.before_app_request
def fail_too() -> None:
    if request.args:
        raise RuntimeError("a secret of the traceback")
"""

Get = Callable[[str, str], tuple[int, str, str]]


@pytest.fixture(scope="module")
def get_as_host(ready_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """Sends a GET request to `make dev` with this Host; returns status, content type and body."""
    copy = tmp_path_factory.mktemp("failing") / "messages-api"
    shutil.copytree(ready_project, copy, symlinks=True)
    with (copy / "messages_api/routes.py").open("a") as routes:
        routes.write("\n\nfrom flask import request\n" + FAILING_VIEWS)
    port, tenant_port = free_ports(2)
    environ = user_environ(PORT=str(port), LOCAL_AUTH0_PORT=str(tenant_port))

    def get_as_host(path: str, host: str) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, response.getheader("Content-Type", ""), body

    with running(["make", "dev"], copy, environ, subprocess.DEVNULL):
        wait_until_up(f"http://localhost:{port}/healthz")
        yield get_as_host


@pytest.mark.parametrize("path", ["/api/failing", "/healthz?failing", "/nowhere?failing", "/docs/"])
def test_unknown_host_gets_json_without_a_traceback(get_as_host: Get, path: str) -> None:
    status, kind, body = get_as_host(path, "evil.test:3010")

    assert (status, kind) == (400, "application/json")
    assert "traceback" not in body


@pytest.mark.parametrize("host", ["localhost", "localhost:3010", "127.0.0.1:3010"])
@pytest.mark.parametrize("path", ["/api/failing", "/healthz?failing"])
def test_this_machine_gets_the_traceback_in_development(
    get_as_host: Get, path: str, host: str
) -> None:
    status, kind, body = get_as_host(path, host)

    assert (status, kind) == (500, "text/html; charset=utf-8")
    assert "a secret of the traceback" in body


@pytest.mark.parametrize("setting", [None, "", "dev.test"])
def test_trusted_hosts_of_the_user_are_kept(
    api_folder: Path, tmp_path: Path, setting: str | None
) -> None:
    command = [sys.executable, "-m", "local_auth0", "run", sys.executable, "-c"]
    code = "import os; print(os.environ['TRUSTED_HOSTS'])"
    environ = user_environ(LOCAL_AUTH0_PORT=str(free_ports(1)[0]), PYTHONPATH=str(api_folder))
    if setting is not None:
        environ["TRUSTED_HOSTS"] = setting

    done = subprocess.run([*command, code], cwd=tmp_path, env=environ, stdout=-1, check=True)

    assert done.stdout.decode().strip() == ("localhost,127.0.0.1" if setting is None else setting)
