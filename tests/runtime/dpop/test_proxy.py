"""Proofs (DPoP) behind a real nginx that ends TLS and serves the API below a path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from local_auth0 import Tenant

from ...support.api import AUDIENCE
from ...support.dpop.proofs import World, send
from ...support.dpop_api import make_app
from ...support.markdown import code_blocks
from ...support.paths import IN_TEMPLATE
from ...support.processes import free_ports
from ...support.tenants import serve_trusted
from ...support.tls import run_nginx, serve_app

pytestmark = pytest.mark.slow

OPERATIONS = IN_TEMPLATE / "docs/operations.md"
(BELOW_A_PATH,) = (
    block for block in code_blocks(OPERATIONS, "nginx") if "location /messages/" in block
)
"""The documented rules of a proxy that serves the API below `/messages/`."""


@pytest.fixture(scope="module")
def world(tenant_folder: Path) -> Iterator[World]:
    """A tenant that this process trusts."""
    with serve_trusted(Tenant(tenant_folder, 0, AUDIENCE)) as tenant:
        yield World(tenant)


@pytest.fixture(scope="module")
def url(package: Any, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API's URL for clients."""
    port, api_port = free_ports(2)
    url = f"https://localhost:{port}/messages"
    rules = BELOW_A_PATH.replace(":3010", f":{api_port}")
    certificate = world.tenant.ca_file.with_name("server.pem")
    with (
        serve_app(make_app(package, world, "required", PUBLIC_URL=url), api_port),
        run_nginx(tmp_path_factory.mktemp("nginx"), rules, port, certificate),
    ):
        yield url


@pytest.mark.parametrize(
    ("path", "htu", "status"),
    [
        ("/private", "{url}/private", 200),
        ("/private?a=b", "{url}/private", 200),
        ("/files/a%20b", "{url}/files/a%20b", 200),
        ("/files/%C3%A9", "{url}/files/%C3%A9", 200),
        ("/private", "{url}/../messages/private", 200),
        ("/private", "https://localhost/messages/private", 401),
        ("/private", "{url}/messages/private", 401),
        ("/private", "https://127.0.0.1/private", 401),
    ],
)
def test_proof_is_for_the_url_that_the_client_calls(
    world: World, url: str, path: str, htu: str, status: int
) -> None:
    request = send(target=path, url=htu.format(url=url))(world)
    headers = {"Authorization": request.authorization or "", "DPoP": request.proof or ""}
    ca_file = str(world.tenant.ca_file)

    statuses = [
        requests.get(f"{url}{path}", headers=headers, verify=ca_file, timeout=20).status_code
        for _ in range(2)
    ]

    assert statuses == [status, 401]
