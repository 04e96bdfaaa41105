"""`make live` against the rendered API and the stand-in tenant."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Response
from local_auth0 import Tenant
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from ..support.environ import user_environ
from ..support.processes import free_ports, running, wait_until_up

pytestmark = pytest.mark.slow

Live = Callable[..., str]


@pytest.fixture(scope="module")
def run_live_tests(ready_project: Path) -> Iterator[Live]:
    """Runs `make live` against a running API and stand-in tenant, and returns the output."""
    port, tenant_port = free_ports(2)
    ports = {"PORT": str(port), "LOCAL_AUTH0_PORT": str(tenant_port)}
    tenant_run = [".venv/bin/python", "-m", "local_auth0", "run"]
    api = [".venv/bin/flask", "run", "--port", str(port)]

    def run(code: int, **environ: str) -> str:
        tenant = {
            "AUTH0_DOMAIN": f"localhost:{tenant_port}",
            "REQUESTS_CA_BUNDLE": str(ready_project / ".local_auth0/ca.pem"),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost"),
        }
        done = subprocess.run(
            ["make", "-s", "live"],
            cwd=ready_project,
            env=user_environ(**tenant, **ports) | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    with running([*tenant_run, *api], ready_project, user_environ(**ports), subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        yield run


CLIENT = {"CLIENT_ID": "any", "CLIENT_SECRET": "any", "API": ""}
UNSCOPED = {"UNSCOPED_CLIENT_ID": "any", "UNSCOPED_CLIENT_SECRET": "any"}
NEITHER = dict.fromkeys([*CLIENT, *UNSCOPED], "")


def test_live_tests_pass_with_tokens_of_a_tenant(run_live_tests: Live) -> None:
    assert re.search(r"^20 passed in ", run_live_tests(0, **CLIENT, **UNSCOPED), re.MULTILINE)


def test_live_tests_without_credentials_name_the_variables(run_live_tests: Live) -> None:
    output = run_live_tests(0, **NEITHER)

    assert re.search(r"^20 skipped in ", output, re.MULTILINE)
    assert "CLIENT_ID and CLIENT_SECRET are not set" in output


SECRET = {"CLIENT_SECRET": "a-secret", "PYTEST_ADDOPTS": "--tb=long --showlocals"}


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"API": "http://127.0.0.1:1"}, "Run the API ('make run'), or set API."),
        ({"API": "http://[::1"}, "http://[::1/api/public does not respond (InvalidURL)"),
        ({"AUTH0_DOMAIN": "localhost:1"}, "https://localhost:1/oauth/token does not respond"),
        (
            {"REQUESTS_CA_BUNDLE": DEFAULT_CA_BUNDLE_PATH},
            "/oauth/token does not respond (SSLError)",
        ),
        ({"REQUESTS_CA_BUNDLE": "/no/file"}, "/oauth/token does not respond (OSError)"),
        ({"HTTPS_PROXY": "http://p:x", "NO_PROXY": "", "no_proxy": ""}, "does not respond"),
        ({"AUTH0_AUDIENCE": "urn:other"}, "CLIENT got 403, no token: check its secret,"),
        ({"AUTH0_DOMAIN": ""}, "Error: AUTH0_DOMAIN is '': expected "),
    ],
    ids=[
        *("API does not run", "malformed address", "tenant does not respond", "untrusted"),
        *("no CA bundle", "malformed proxy", "no access", "malformed setting"),
    ],
)
def test_failure_of_live_tests_shows_no_secret(
    run_live_tests: Live, environ: dict[str, str], message: str
) -> None:
    output = run_live_tests(2, **NEITHER | CLIENT | SECRET | environ)

    assert message in output
    assert "a-secret" not in output
    assert "eyJ" not in output  # the first characters of a token


@pytest.mark.parametrize(
    "body",
    ['{"access_token": "eyJ', '["eyJ"]', '"eyJ"', "{}", '{"access_token": "eyJ\\n.", "a": "eyJ"}'],
    ids=["cut off", "list", "string", "empty object", "no header"],
)
def test_token_in_a_malformed_response_is_not_shown(
    run_live_tests: Live, own_tenant: Tenant, body: str
) -> None:
    own_tenant.fault = lambda: Response(body, content_type="application/json")
    tenant = {"AUTH0_DOMAIN": own_tenant.domain, "REQUESTS_CA_BUNDLE": str(own_tenant.ca_file)}

    output = run_live_tests(2, **NEITHER | CLIENT | SECRET | tenant)

    assert "eyJ" not in output
    assert "a-secret" not in output
