"""Resource metadata over HTTPS: a client that knows only the API's URL gets a token and a 200."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask
from local_auth0 import Tenant, login
from messages_api import create_app

from ..support.markdown import code_blocks
from ..support.metadata_client import MetadataClient
from ..support.paths import IN_TEMPLATE
from ..support.processes import free_ports
from ..support.tls import run_nginx, serve_app

pytestmark = pytest.mark.exhaustive

DISCOVERIES = ("oauth-authorization-server", "openid-configuration")
ENDPOINT = "/api/private-scoped"
"""Requires the scope `read:messages`."""


WELL_KNOWN = "/.well-known/oauth-protected-resource"

OPERATIONS = IN_TEMPLATE / "docs/operations.md"
(BELOW_A_PATH,) = (block for block in code_blocks(OPERATIONS, "nginx") if WELL_KNOWN in block)
"""The documented rules of a proxy that serves the API below `/messages/`."""


def make_api_and_login(
    tenant: Tenant, audience: str, public_url: str, domains: Sequence[str] | None = None
) -> Flask:
    """Make the API, and the tenant's login for this audience."""
    tenant.audience = audience
    login.init_tenant(tenant)
    return create_app(
        {
            "AUTH0_DOMAIN": ",".join(domains or tenant.domains),
            "AUTH0_AUDIENCE": audience,
            "PUBLIC_URL": public_url,
        }
    )


@pytest.fixture
def certificate(own_tenant: Tenant) -> Path:
    """The certificate of the tenant and the API, for localhost and 127.0.0.1."""
    return own_tenant.ca_file.with_name("server.pem")


@pytest.fixture
def metadata_client(own_tenant: Tenant) -> MetadataClient:
    return MetadataClient(own_tenant.ca_file)


@pytest.mark.parametrize("discovery", DISCOVERIES)
@pytest.mark.parametrize("path", ["", "/", "/api", "/api/private-scoped"])
def test_client_discovers_how_to_get_a_token(
    own_tenant: Tenant,
    certificate: Path,
    metadata_client: MetadataClient,
    path: str,
    discovery: str,
) -> None:
    (port,) = free_ports(1)
    url = f"https://localhost:{port}"

    with serve_app(make_api_and_login(own_tenant, f"{url}{path}", url), port, certificate):
        response = metadata_client.follow(f"{url}{ENDPOINT}", discovery)

    assert response.status_code == 200
    assert response.json()["sub"] == "auth0|bob"
    assert own_tenant.requests[f"/.well-known/{discovery}"] == 1
    assert own_tenant.requests["/authorize"] == 1


def test_client_logs_in_at_the_primary_domain(
    own_tenant: Tenant, certificate: Path, metadata_client: MetadataClient
) -> None:
    (port,) = free_ports(1)
    url = f"https://localhost:{port}"
    other, primary = own_tenant.domains

    with serve_app(make_api_and_login(own_tenant, url, url, [primary, other]), port, certificate):
        metadata = metadata_client.get(f"{url}{WELL_KNOWN}").json()
        response = metadata_client.follow(f"{url}{ENDPOINT}")

    assert metadata["authorization_servers"] == [f"https://{primary}/", f"https://{other}/"]
    assert response.status_code == 200


def test_headers_of_a_client_do_not_change_the_metadata(
    own_tenant: Tenant, certificate: Path, metadata_client: MetadataClient
) -> None:
    (port,) = free_ports(1)
    url = f"https://localhost:{port}"
    forged = {"Host": "evil.test", "Forwarded": "host=evil.test;proto=http"}
    forged |= {f"X-Forwarded-{name}": "evil.test" for name in ("Host", "Server", "Prefix")}

    with serve_app(make_api_and_login(own_tenant, url, url), port, certificate):
        rejected = metadata_client.get(f"{url}{ENDPOINT}", **forged)
        document = metadata_client.get(f"{url}{WELL_KNOWN}", **forged)

    assert f'resource_metadata="{url}{WELL_KNOWN}"' in rejected.headers["WWW-Authenticate"]
    assert document.json()["resource"] == url
    assert "evil" not in document.text + str(rejected.headers)


@pytest.mark.parametrize(
    ("audience", "public_url"),
    [
        ("https://quickstarts/api", "{url}"),
        ("urn:messages", "{url}"),
        ("{url}", ""),
        ("{url}1", "{url}"),
        ("{url}.evil.test", "{url}"),
        ("{url}/api", "{url}/ap"),
        ("{url}", "{url}/api"),
        ("{url}?a=b", "{url}"),
        ("{url}#a", "{url}"),
        ("{http}", "{http}"),
        ("{url}/日本", "{url}"),
        ("{url}/<name>", "{url}"),
        ("{url}/%3Cname%3E", "{url}"),
        ('{url}/a"b', "{url}"),
    ],
)
def test_audience_outside_the_public_url_has_no_metadata(
    own_tenant: Tenant,
    certificate: Path,
    metadata_client: MetadataClient,
    audience: str,
    public_url: str,
) -> None:
    (port,) = free_ports(1)
    url, http = f"https://localhost:{port}", f"http://localhost:{port}"
    settings = [each.format(url=url, http=http) for each in (audience, public_url)]

    with serve_app(make_api_and_login(own_tenant, *settings), port, certificate):
        challenge = metadata_client.challenge(f"{url}{ENDPOINT}")
        paths = ("", "/", "/api", ENDPOINT, "/x", "/%3Cname%3E", "/%E6%97%A5%E6%9C%AC", "/a%22b")
        statuses = {metadata_client.get(f"{url}{WELL_KNOWN}{path}").status_code for path in paths}

    assert challenge.get("scope") == "read:messages"
    assert challenge.get("resource_metadata") is None
    assert statuses == {404}


@pytest.mark.slow
@pytest.mark.parametrize("discovery", DISCOVERIES)
def test_client_finds_metadata_of_an_api_below_a_path(
    own_tenant: Tenant,
    certificate: Path,
    metadata_client: MetadataClient,
    tmp_path: Path,
    discovery: str,
) -> None:
    port, api_port = free_ports(2)
    rules = BELOW_A_PATH.replace(":3010", f":{api_port}")
    url = f"https://localhost:{port}/messages"

    with (
        serve_app(make_api_and_login(own_tenant, url, url), api_port),
        run_nginx(tmp_path, rules, port, certificate),
    ):
        challenge = metadata_client.challenge(f"{url}{ENDPOINT}")
        response = metadata_client.follow(f"{url}{ENDPOINT}", discovery)

    assert challenge["resource_metadata"] == f"https://localhost:{port}{WELL_KNOWN}/messages"
    assert (response.status_code, response.json()["sub"]) == (200, "auth0|bob")
