"""Two copies of the rendered API behind nginx, restarted one after the other under load.

`pytest -q -rP tests/runtime/test_behind_nginx.py` shows the figures.
"""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from ..support.environ import user_environ
from ..support.markdown import code_blocks
from ..support.paths import IN_TEMPLATE
from ..support.processes import free_ports, running
from ..support.programs import require_program
from ..support.serving import JWKS_PATH, Api, child_states, http_get, report_figures
from ..support.traffic import ExpectedCall, Traffic
from ..support.waiting import wait_until

pytestmark = pytest.mark.slow

OPERATIONS = IN_TEMPLATE / "docs/operations.md"
(CONFIGURATION,) = (block for block in code_blocks(OPERATIONS, "nginx") if "server {" in block)
"""The documented configuration, which these tests run."""


class Nginx:
    """An nginx in front of two copies of the API."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.port, self.tls_port, *self.copies = free_ports(4)
        self._certificate = certificate
        self._folder = folder
        self.configuration = CONFIGURATION

    @property
    def log(self) -> str:
        return (self._folder / "nginx.log").read_text()

    @contextmanager
    def running(self) -> Iterator[None]:
        program = require_program("nginx")
        self._configure()
        options = ["-p", ".", "-c", "nginx.conf", "-e", "nginx.log", "-g", "daemon off;"]
        with running([program, *options], self._folder, user_environ()) as self._process:
            wait_until(lambda: self._is_served_by_others_than({}), "nginx is up")
            yield

    def take_out_of_rotation(self, copy: int | None) -> None:
        """Take one copy, or none, out of rotation, once its last response was passed on."""
        before = child_states(self._process.pid)
        self._configure(copy)
        self._process.send_signal(signal.SIGHUP)
        wait_until(lambda: self._is_served_by_others_than(before), "nginx has changed over")

    def _is_served_by_others_than(self, before: dict[int, str]) -> bool:
        assert self._process.poll() is None, self.log
        now = child_states(self._process.pid)
        return bool(now) and not now.keys() & before.keys()

    def _configure(self, down: int | None = None) -> None:
        text = self.configuration
        for shown, copy in zip((3010, 3020), self.copies, strict=True):
            text = text.replace(f":{shown} ", f":{copy} down " if copy == down else f":{copy} ")
        listening = f"""server {{
    listen 127.0.0.1:{self.port};
    listen 127.0.0.1:{self.tls_port} ssl;
    ssl_certificate {self._certificate};
    ssl_certificate_key {self._certificate};
"""
        # Only root may write to nginx's default folders.
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        around = "".join(f"{name}_temp_path {name};\n" for name in folders) + "access_log off;\n"
        http = around + text.replace("server {\n", listening)
        (self._folder / "nginx.conf").write_text(
            f"pid nginx.pid;\nevents {{}}\nhttp {{\n{http}}}\n"
        )


@pytest.fixture
def nginx(api: Api, tmp_path: Path) -> Iterator[Nginx]:
    nginx = Nginx(tmp_path, api.tenant.ca_file.with_name("server.pem"))
    with nginx.running():
        yield nginx


def test_rolling_restart_loses_no_get(
    api: Api, nginx: Nginx, request: pytest.FixtureRequest
) -> None:
    stopped_after = []
    with ExitStack() as running:
        copies = [running.enter_context(api.served(workers=1, port=port)) for port in nginx.copies]
        with Traffic(nginx.port, api.calls()) as traffic:
            traffic.wait_for_calls()
            for copy in copies:
                stopped_after.append(f"{copy.stop():.1f} s")
                api.tenant.rotate()  # the JWKS keeps the old key, whose tokens are still sent
                traffic.calls = [*traffic.calls, *api.calls()]
                traffic.wait_for_calls()
                running.enter_context(api.served(workers=1, port=copy.port))
                traffic.wait_for_calls()

    report_figures(
        request,
        traffic,
        stopped_after=stopped_after,
        passed_on_by_nginx=nginx.log.count(" upstream, client: "),
        fetches=api.tenant.requests[JWKS_PATH],
    )
    assert traffic.failed == []


def test_restart_out_of_rotation_loses_no_post(
    api: Api, nginx: Nginx, request: pytest.FixtureRequest
) -> None:
    with ExitStack() as running:
        copies = [running.enter_context(api.served(workers=1, port=port)) for port in nginx.copies]
        calls = [*api.calls(), ExpectedCall("/api/public", 405, method="POST")]
        # nginx closes keep-alive connections of clients when it applies a configuration.
        with Traffic(nginx.port, calls, keep_alive=False) as traffic:
            traffic.wait_for_calls()
            for copy in copies:
                nginx.take_out_of_rotation(copy.port)
                copy.stop()
                traffic.wait_for_calls()
                running.enter_context(api.served(workers=1, port=copy.port))
                nginx.take_out_of_rotation(None)
                traffic.wait_for_calls()

    report_figures(request, traffic, passed_on_by_nginx=nginx.log.count(" upstream, client: "))
    assert traffic.failed == []
    assert nginx.log == ""


def test_longest_token_reaches_the_api(api: Api, nginx: Nginx) -> None:
    token = f"{'A' * 16_380}.A.A"
    with api.served(workers=1, port=nginx.copies[0]):
        response = http_get(
            f"http://127.0.0.1:{nginx.port}/api/private", Authorization=f"Bearer {token}"
        )

    assert response.status_code == 401
    assert "must be JSON objects" in response.json()["description"]


def test_hsts_depends_on_tls_not_on_the_client(api: Api, nginx: Nginx) -> None:
    with api.served(workers=1, port=nginx.copies[0]):
        over_tls = http_get(f"https://localhost:{nginx.tls_port}/api/public", api.tenant.ca_file)
        forged = http_get(
            f"http://localhost:{nginx.port}/api/public", **{"X-Forwarded-Proto": "https"}
        )

    assert "Strict-Transport-Security" in over_tls.headers
    assert "Strict-Transport-Security" not in forged.headers


@pytest.mark.parametrize("header", ["", "proxy_set_header X-Forwarded-Prefix /messages;"])
def test_document_behind_a_prefix_leads_to_the_api(api: Api, tmp_path: Path, header: str) -> None:
    nginx = Nginx(tmp_path, api.tenant.ca_file.with_name("server.pem"))
    location = f"location /messages/ {{ {header}"
    nginx.configuration = CONFIGURATION.replace("location / {", location).replace(
        "proxy_pass http://api;", "proxy_pass http://api/;"
    )
    with nginx.running(), api.served(workers=1, port=nginx.copies[0]):
        document = http_get(f"http://127.0.0.1:{nginx.port}/messages/openapi.json")
        (server,) = document.json()["servers"]
        base = urljoin(document.url, server["url"])
        response = http_get(f"{base}api/public")

    assert base == f"http://127.0.0.1:{nginx.port}/messages/"
    assert response.json() == {"message": "Hello! Anyone may call this endpoint."}
