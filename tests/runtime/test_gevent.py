"""The API under gunicorn with gevent workers, which run threads as greenlets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import check_output
from ..support.serving import JWKS_PATH, Api, Gunicorn, unresponsive_tenant

pytestmark = pytest.mark.slow

GEVENT = "gevent==26.9.0"  # not in the template's lock: it would add markers to most packages

OUTGOING = """

import requests as http


@api.get("/outgoing")
@public
def outgoing() -> dict[str, int]:
    tenant = current_app.config["AUTH0_DOMAIN"][0]
    return {"status": http.get(f"https://{tenant}/.well-known/jwks.json").status_code}
"""


@pytest.fixture(scope="module")
def gevent_folder(ready_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gevent, which is not in the locks of a project."""
    folder = tmp_path_factory.mktemp("gevent")
    install = ["uv", "pip", "install", "-q", "--no-build", "--python", ".venv", "--target"]
    program = str(ready_project / ".venv/bin" / install[0])
    check_output([program, *install[1:], str(folder), GEVENT], ready_project, user_environ())
    return folder


@contextmanager
def serve_with_gevent(
    api: Api, gevent_folder: Path, worker_class: str = "gevent"
) -> Iterator[Gunicorn]:
    arguments = f"--worker-class {worker_class}"
    environ = {"GUNICORN_CMD_ARGS": arguments, "PYTHONPATH": str(gevent_folder)}
    with api.served(workers=1, environ=environ) as server:
        yield server


@pytest.mark.parametrize("worker_class", ["gevent", "gevent_pywsgi"])
def test_private_and_outgoing_requests_work(
    api: Api, gevent_folder: Path, worker_class: str
) -> None:
    with (api.copy() / "messages_api/routes.py").open("a") as routes:
        routes.write("\n\nfrom flask import current_app\n" + OUTGOING)
    token = f"Bearer {api.tenant.token()}"

    with serve_with_gevent(api, gevent_folder, worker_class) as server:
        private = server.get("/api/private", Authorization=token)
        outgoing = server.get("/api/outgoing")
        log = server.log_file.read_text()

    assert f"Using worker: {worker_class}" in log
    assert private.status_code == 200
    assert outgoing.json() == {"status": 200}
    assert "MonkeyPatchWarning" not in log


def test_unresponsive_tenant_leaves_the_worker_free(api: Api, gevent_folder: Path) -> None:
    valid = f"Bearer {api.tenant.token()}"
    with (
        serve_with_gevent(api, gevent_folder) as server,
        unresponsive_tenant(api, server) as requests,
    ):
        statuses = [
            server.get(path, 5, Authorization=valid).status_code
            for path in ("/healthz", "/api/public", "/api/private")
        ]
        fetches = api.tenant.requests[JWKS_PATH]

    assert (statuses, fetches) == ([200, 200, 200], 2)
    assert sorted(one.result().status_code for one in requests) == [401] * 4 + [503] * 20
