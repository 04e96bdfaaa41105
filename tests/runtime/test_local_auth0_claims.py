"""Tokens of the stand-in tenant with claims of one's own: by `make token`, by `make dev`, by a login."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from local_auth0 import Tenant

from ..support.environ import user_environ
from ..support.markdown import blocks
from ..support.processes import ended, free_ports, output_of
from ..support.tenants import decode_claims

pytestmark = pytest.mark.slow

GET_ONE = """
import os, requests
sent = {"grant_type": "client_credentials", "audience": "https://quickstarts/api"}
response = requests.post(f"https://{os.environ['AUTH0_DOMAIN']}/oauth/token", json=sent, timeout=5)
print(response.json()["access_token"])
"""


def test_documented_commands_print_tokens_with_their_claims(ready_project: Path) -> None:
    (block,) = (b for b in blocks(ready_project / "docs/calling.md", "bash") if "make -s" in b)

    printed = output_of(["bash", "-euc", block], ready_project, user_environ())

    scoped, user, other, short = map(decode_claims, printed.splitlines())
    assert scoped["scope"] == "read:messages write:messages"
    assert scoped["permissions"] == ["delete:messages"]
    assert (user["sub"], user["https://example.com/roles"]) == ("auth0|ann", ["admin"])
    assert other["aud"] == "https://another-api.example"
    assert "azp" in user
    assert "azp" not in other
    assert 0 < int(str(short["exp"])) - time.time() <= 60


@pytest.mark.parametrize("name", ["SCOPE", "PERMISSIONS", "CLAIMS"])
@pytest.mark.parametrize(
    "value", ['a";touch${IFS}pwned;"', "read:$x", "$(shell touch pwned)", "`touch pwned`", "a'b"]
)
def test_value_reaches_the_token_whole(ready_project: Path, name: str, value: str) -> None:
    given = json.dumps({"given": value}) if name == "CLAIMS" else value
    command = ["make", "-s", "token", f"{name}={given}"]

    claims = decode_claims(output_of(command, ready_project, user_environ()))

    expected = {
        "SCOPE": ("scope", value),
        "PERMISSIONS": ("permissions", value.split()),
        "CLAIMS": ("given", value),
    }
    assert expected[name] in claims.items()
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

    found = decode_claims(output_of(command, ready_project, user_environ()))

    assert {name: found.get(name) for name in claims} == claims


@pytest.mark.parametrize(
    "claims",
    ["{'exp': 0}", '{"exp": 0', "exp=0", "[1]", "null", '"a"', "0", "[" * 5000],
    ids=["single quotes", "cut off", "pair", "list", "null", "string", "number", "nesting"],
)
@pytest.mark.parametrize("command", ["token", "dev"])
def test_malformed_claims_are_reported_in_one_line(
    ready_project: Path, claims: str, command: str
) -> None:
    done = ended(["make", "-s", command, f"CLAIMS={claims}"], ready_project, user_environ())

    errors = [line for line in done.stdout.splitlines() if "rror" in line and "make" not in line]
    expected = """expected a JSON object, such as '{"sub": "auth0|ann"}'."""
    (error,) = errors
    assert error.startswith(f"Error: CLAIMS is {claims!r}: {expected}")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout


def test_every_token_of_the_running_tenant_has_the_claims(tmp_path: Path, api_folder: Path) -> None:
    ports = {"LOCAL_AUTH0_PORT": str(free_ports(1)[0]), "PYTHONPATH": str(api_folder)}
    environ = user_environ(CLAIMS='{"https://example.com/roles": ["admin"]}', **ports)
    command = [sys.executable, "-m", "local_auth0", "run", sys.executable, "-c", GET_ONE]

    run = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )

    assert decode_claims(run.stdout)["https://example.com/roles"] == ["admin"]


def test_claims_of_a_single_token_take_precedence(own_tenant: Tenant) -> None:
    own_tenant.claims = {"roles": ["admin"], "azp": "one"}

    found = decode_claims(own_tenant.token(azp="another"))

    assert (found["roles"], found["azp"]) == (["admin"], "another")
