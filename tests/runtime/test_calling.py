"""The client programs in docs/calling.md work with the API and the stand-in tenant."""

import re
import subprocess
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.markdown import code_blocks
from ..support.processes import check_output, free_ports, running, wait_until_up
from ..support.programs import require_program

pytestmark = pytest.mark.slow

LANGUAGES = {
    "bash": ["bash", "-euc"],
    "python": [".venv/bin/python", "-c"],
    "javascript": ["node", "--input-type=module", "--eval"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_documented_client_calls_the_api(ready_project: Path, language: str) -> None:
    if language == "javascript":
        require_program("node")
    *_, program = code_blocks(ready_project / "docs/calling.md", language)
    port, tenant_port = free_ports(2)
    ports = {"PORT": str(port), "LOCAL_AUTH0_PORT": str(tenant_port)}
    command = [".venv/bin/python", "-m", "local_auth0", "run", ".venv/bin/flask", "run", "--port"]

    with running([*command, str(port)], ready_project, user_environ(**ports), subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        ca_file = str(ready_project / ".local_auth0/ca.pem")
        trust = ("CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
        environ = dict.fromkeys(trust, ca_file)
        environ |= dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1")
        environ |= dict.fromkeys(("CLIENT_ID", "CLIENT_SECRET"), "any")
        environ["AUDIENCE"] = "https://quickstarts/api"
        environ["API"] = f"http://127.0.0.1:{port}"
        environ["AUTH0_DOMAIN"] = f"localhost:{tenant_port}"
        output = check_output(
            [*LANGUAGES[language], program], ready_project, user_environ(**environ)
        )

    assert "local-client@clients" in output
    assert re.search(r"Hello! Your access token is valid\.", output)
