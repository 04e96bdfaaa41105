"""The CA bundle of processes next to the stand-in tenant: it has the tenant's CA and the user's."""

import http.server
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from local_auth0 import Tenant
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from ..support.api import AUDIENCE
from ..support.environ import user_environ
from ..support.processes import free_ports

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NO_PROXY", "no_proxy")

GET_BOTH = """
import os, sys, requests
domains = os.environ["AUTH0_DOMAIN"].split(",")
for url in (sys.argv[1], *(f"https://{domain}/.well-known/jwks.json" for domain in domains)):
    print(requests.get(url, timeout=5).status_code)
"""


class CompanyServer:
    """An HTTPS server whose CA is trusted only through `ca_file`."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "company.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(tls)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoContentHandler)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/"


class NoContentHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def company(tmp_path: Path) -> Iterator[CompanyServer]:
    """A running server of the user's company."""
    company = CompanyServer(tmp_path)
    thread = threading.Thread(target=company.server.serve_forever, args=(0.01,))
    thread.start()
    yield company
    company.server.shutdown()
    company.server.server_close()
    thread.join()


@pytest.fixture(params=["file", "file without a last line end", "folder"])
def company_bundle(company: CompanyServer, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The user's CA bundle."""
    if request.param == "folder":  # as `openssl rehash` leaves it
        (tmp_path / "certificates").mkdir()
        company.ca_file.rename(tmp_path / "certificates/company.pem")
        (tmp_path / "certificates/5ad8a5d6.0").symlink_to("company.pem")
        return str(tmp_path / "certificates")
    if request.param != "file":
        company.ca_file.write_bytes(company.ca_file.read_bytes().strip())
    return str(company.ca_file)


def run_with_tenant(
    api_folder: Path, folder: Path, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run Python code with `python -m local_auth0 run`, as `make dev` runs the API."""
    kept = {k: v for k, v in user_environ().items() if k not in VARIABLES}
    port = str(free_ports(1)[0])
    settings = {"LOCAL_AUTH0_PORT": port, "PYTHONPATH": str(api_folder)}
    return subprocess.run(
        [sys.executable, "-m", "local_auth0", "run", sys.executable, "-c", *arguments],
        cwd=folder,
        env=kept | settings | environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_command_trusts_the_tenant_and_the_bundle_of_the_user(
    api_folder: Path, tmp_path: Path, company: CompanyServer, company_bundle: str, variable: str
) -> None:
    done = run_with_tenant(
        api_folder, tmp_path, GET_BOTH, company.url, **{variable: company_bundle}
    )

    assert done.stdout.split() == ["204", "200", "200"], done.stderr


@pytest.mark.slow
def test_command_without_a_bundle_trusts_the_default_cas(api_folder: Path, tmp_path: Path) -> None:
    done = run_with_tenant(
        api_folder, tmp_path, "import os; print(os.environ['REQUESTS_CA_BUNDLE'])"
    )

    assert trusted_serial_numbers(done.stdout.strip()) == trusted_serial_numbers(
        DEFAULT_CA_BUNDLE_PATH
    ) | trusted_serial_numbers(str(tmp_path / ".local_auth0/ca.pem"))


def trusted_serial_numbers(company_bundle: str) -> set[str]:
    """Return the serial numbers of the CAs in a bundle."""
    context = ssl.create_default_context(cafile=company_bundle)
    return {str(authority["serialNumber"]) for authority in context.get_ca_certs()}


@pytest.mark.slow
def test_bundle_that_cannot_be_read_is_reported_in_one_line(
    api_folder: Path, tmp_path: Path
) -> None:
    done = run_with_tenant(api_folder, tmp_path, "", REQUESTS_CA_BUNDLE="/nowhere/ca.pem")

    assert done.returncode == 1
    assert done.stderr == (
        "Error: REQUESTS_CA_BUNDLE is '/nowhere/ca.pem': expected a PEM file or folder.\n"
    )


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ",localhost,127.0.0.1"),
        ("a.test,b.test", "a.test,b.test,localhost,127.0.0.1"),
        ("*", "*"),
    ],
    ids=["none", "hosts", "all"],
)
def test_no_proxy_of_the_user_is_kept(
    tmp_path: Path, variable: str, given: str, expected: str
) -> None:
    environ = Tenant(tmp_path / "tenant", 0, AUDIENCE).client_environ({variable: given})

    assert (environ["NO_PROXY"], environ["no_proxy"]) == (expected, expected)


def test_fixtures_trust_the_tenant_and_the_bundle_of_the_user(
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    company: CompanyServer,
    company_bundle: str,
) -> None:
    rendered: Any = pytestconfig.pluginmanager.get_plugin("rendered conftest")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", company_bundle)
    monkeypatch.setenv("NO_PROXY", "localhost")  # this machine may have a proxy

    with (
        rendered.trusted_tenant(tmp_path / "tenant"),
        rendered.trusted_tenant(tmp_path / "tenant") as tenant,
    ):
        statuses = [
            requests.get(url, timeout=5).status_code
            for url in (company.url, f"{tenant.issuer}.well-known/jwks.json")
        ]
        authorities = trusted_serial_numbers(os.environ["REQUESTS_CA_BUNDLE"])

    assert statuses == [204, 200]
    assert len(authorities) == 2
    assert os.environ["REQUESTS_CA_BUNDLE"] == company_bundle
