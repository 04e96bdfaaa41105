"""Custom claims in tokens of the stand-in tenant: by `make token`, `make dev` and a login."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from local_auth0 import Tenant
from local_auth0.__main__ import main

from ..support.environ import user_environ
from ..support.markdown import code_blocks
from ..support.processes import check_output, free_ports, run_command
from ..support.tenants import decode_claims

pytestmark = pytest.mark.slow

NESTED = "[" * 5000
REQUEST_SCRIPT = """
import os, requests
sent = {"grant_type": "client_credentials", "audience": "https://quickstarts/api"}
domain = os.environ["AUTH0_DOMAIN"].split(",")[0]
response = requests.post(f"https://{domain}/oauth/token", json=sent, timeout=5)
print(response.json()["access_token"])
"""


def test_documented_commands_print_tokens_with_their_claims(ready_project: Path) -> None:
    (block,) = (b for b in code_blocks(ready_project / "docs/calling.md", "bash") if "make -s" in b)

    printed = check_output(["bash", "-euc", block], ready_project, user_environ())

    scoped, user, other, short = map(decode_claims, printed.splitlines())
    assert scoped["scope"] == "read:messages write:messages"
    assert scoped["permissions"] == ["delete:messages"]
    assert (user["sub"], user["https://example.com/roles"]) == ("auth0|ann", ["admin"])
    assert other["aud"] == "https://another-api.example"
    assert "azp" in user
    assert "azp" not in other
    assert 0 < int(str(short["exp"])) - time.time() <= 60


@pytest.mark.parametrize(
    "value", ['a";touch${IFS}pwned;"', "read:$x", "$(shell touch pwned)", "`touch pwned`", "a'b"]
)
def test_value_is_passed_on_unchanged(ready_project: Path, value: str) -> None:
    given = [f"SCOPE={value}", f"PERMISSIONS={value}", f"CLAIMS={json.dumps({'given': value})}"]
    command = ["make", "-s", "token", *given]

    claims = decode_claims(check_output(command, ready_project, user_environ()))

    expected = {"scope": value, "permissions": value.split(), "given": value}
    assert {name: claims.get(name) for name in expected} == expected
    assert not (ready_project / "pwned").exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "a b", "permissions": ["c"]},
        {"user": "ann", "self": 1, "claims": {}},
        {"name": 'Ann O\'Hara \\ "A" `b` é'},
        {"iss": "https://other.example/", "exp": None},
    ],
    ids=["scope", "names of parameters", "quotes", "issuer"],
)
def test_any_claim_can_be_set(ready_project: Path, claims: dict[str, object]) -> None:
    command = ["make", "-s", "token", "SCOPE=x", f"CLAIMS={json.dumps(claims)}"]

    found = decode_claims(check_output(command, ready_project, user_environ()))

    assert {name: found.get(name) for name in claims} == claims


@pytest.mark.parametrize(
    "claims",
    ["{'exp': 0}", '{"exp": 0', "exp=0", "[1]", "null", '"a"', "0", NESTED],
    ids=["single quotes", "cut off", "pair", "list", "null", "string", "number", "nesting"],
)
def test_malformed_claims_are_reported_in_one_line(claims: str) -> None:
    result = CliRunner().invoke(main, ["token"], env={"CLAIMS": claims})

    (error,) = result.output.splitlines()
    assert error.startswith(claims_error(claims))
    assert result.exit_code == 1


@pytest.mark.parametrize("command", ["token", "dev"])
def test_malformed_claims_fail_make(ready_project: Path, command: str) -> None:
    done = run_command(["make", "-s", command, f"CLAIMS={NESTED}"], ready_project, user_environ())

    errors = [line for line in done.stdout.splitlines() if "rror" in line and "make" not in line]
    (error,) = errors
    assert error.startswith(claims_error(NESTED))
    assert done.returncode != 0
    assert "Traceback" not in done.stdout


def claims_error(claims: str) -> str:
    """Return the start of the error message about these claims."""
    expected = """expected a JSON object, such as '{"sub": "auth0|ann"}'."""
    return f"Error: CLAIMS is {claims!r}: {expected}"


def test_every_token_of_the_running_tenant_has_the_claims(tmp_path: Path, api_folder: Path) -> None:
    ports = {"LOCAL_AUTH0_PORT": str(free_ports(1)[0]), "PYTHONPATH": str(api_folder)}
    environ = user_environ(CLAIMS='{"https://example.com/roles": ["admin"]}', **ports)
    command = [sys.executable, "-m", "local_auth0", "run", sys.executable, "-c", REQUEST_SCRIPT]

    run = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )

    assert decode_claims(run.stdout)["https://example.com/roles"] == ["admin"]


def test_claims_of_a_single_token_take_precedence(own_tenant: Tenant) -> None:
    own_tenant.claims = {"roles": ["admin"], "azp": "one"}

    found = decode_claims(own_tenant.token(azp="another"))

    assert (found["roles"], found["azp"]) == (["admin"], "another")
