"""The DPoP client in docs/calling.md works with the API and the stand-in tenant."""

import subprocess
import sys
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.markdown import code_blocks
from ..support.processes import check_output, free_ports, running, wait_until_up
from ..support.rendering import render_once

pytestmark = pytest.mark.slow

REQUIRED = {"DPOP": "required"}
"""The API rejects the client if its token is not bound, or its proof is not valid."""


def test_documented_dpop_client_calls_the_api(tmp_path: Path) -> None:
    project = render_once(tmp_path, dpop="yes")
    *_, program = code_blocks(project / "docs/calling.md", "python")
    port, tenant_port = free_ports(2)
    settings = {"PORT": str(port), "LOCAL_AUTH0_PORT": str(tenant_port), "NO_PROXY": "localhost"}
    python = [sys.executable, "-m"]
    command = [*python, "local_auth0", "run", *python, "flask", "run", "--port", str(port)]

    with running(command, project, user_environ(**settings, **REQUIRED), subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        environ = dict.fromkeys(("CLIENT_ID", "CLIENT_SECRET"), "any")
        environ["API"] = f"http://localhost:{port}"
        environ["AUDIENCE"] = "https://quickstarts/api"
        environ["AUTH0_DOMAIN"] = f"localhost:{tenant_port}"
        environ["NO_PROXY"] = "localhost"
        environ["REQUESTS_CA_BUNDLE"] = str(project / ".local_auth0/ca.pem")
        output = check_output([sys.executable, "-c", program], project, user_environ(**environ))

    assert "Hello! Your access token is valid." in output
