"""The stand-in tenant binds tokens, and `make dev` accepts the printed curl command once."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from ...support.dpop.keys import ClientKey, ec_key, rsa_key, thumbprint
from ...support.dpop.proofs import Proof
from ...support.environ import user_environ
from ...support.hostile.case import ABSENT
from ...support.processes import free_ports, running, wait_until_up
from ...support.tenants import decode_claims

pytestmark = pytest.mark.slow

AUDIENCE = "https://quickstarts/api"
DPOP, BEARER = "DPoP", "Bearer"
USED = {"error": "invalid_dpop_proof", "algs": "ES256 RS256", "realm": "api"}


@dataclass(frozen=True)
class Dev:
    """A running `make dev`."""

    project: Path
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.environ['PORT']}"

    @property
    def tenant(self) -> str:
        return f"https://localhost:{self.environ['LOCAL_AUTH0_PORT']}"

    def make(self, *arguments: str, status: int = 0) -> str:
        """Run make; return what it prints."""
        done = subprocess.run(
            ["make", "-s", *arguments],
            cwd=self.project,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def shell(self, line: str) -> tuple[int, dict[str, str], str]:
        """Run a curl line in a shell; return status, header fields and body of the response."""
        done = subprocess.run(
            ["bash", "-ec", line],
            cwd=self.project,
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        head, _, body = done.stdout.partition("\n\n")
        first, *fields = head.splitlines()
        named = (field.split(": ", 1) for field in fields)
        return int(first.split()[1]), dict(named), body

    def grant(self, proof: str | None, **sent: str) -> requests.Response:
        """Request a token of the stand-in tenant."""
        form = {"grant_type": "client_credentials", "audience": AUDIENCE, "client_id": "a"} | sent
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self.project / ".local_auth0" / "ca.pem")
            headers = {} if proof is None else {"DPoP": proof}
            return session.post(f"{self.tenant}/oauth/token", form, headers=headers, timeout=20)

    def proof(self, key: ClientKey, **changed: object) -> str:
        """Make a proof for the token endpoint."""
        claims = {"ath": ABSENT, **changed}
        return Proof(key, claims=claims).of("", "POST", f"{self.tenant}/oauth/token")

    def call(self, token: str, proof: str | None, scheme: str = "DPoP") -> requests.Response:
        headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof else {})
        return requests.get(f"{self.url}/api/private", headers=headers, timeout=20)


@pytest.fixture(scope="module")
def dev(dpop_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """`make dev` in a copy of the project, in which the stand-in tenant writes its files."""
    project = tmp_path_factory.mktemp("dev") / "project"
    shutil.copytree(dpop_project, project, symlinks=True)
    port, tenant_port = map(str, free_ports(2))
    environ = user_environ(PORT=port, LOCAL_AUTH0_PORT=tenant_port)
    with running(["make", "dev"], project, environ, subprocess.DEVNULL) as server:
        dev = Dev(project, environ)
        wait_until_up(f"{dev.url}/api/public", server)
        yield dev


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_printed_command_is_accepted_once(dev: Dev) -> None:
    line = dev.make("proof", "ENDPOINT=/api/private")

    first = dev.shell(line)
    second = dev.shell(line)

    assert len(line.splitlines()) == 1
    assert first[0] == 200
    assert json.loads(first[2])["sub"] == "local-client@clients"
    assert second[0] == 401
    assert json.loads(second[2])["code"] == "invalid_dpop_proof"
    challenge = second[1]["WWW-Authenticate"]
    assert challenge.startswith("DPoP ")
    members = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    assert members | USED == members


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["ENDPOINT=/api/private-scoped", "SCOPE=read:messages"], 200),
        (["ENDPOINT=/api/private-scoped"], 403),
        (["ENDPOINT=/api/private?a=b&c=$(id>pwned);`id>pwned`"], 200),
        (["ENDPOINT=/api/private", "METHOD=POST"], 405),
        (["ENDPOINT=/api/private", "METHOD=HEAD"], 200),
        (["ENDPOINT=/api/%70rivate"], 200),
    ],
    ids=["scope", "no scope", "query", "POST", "HEAD", "encoded"],
)
def test_printed_command_takes_scope_method_and_query(
    dev: Dev, arguments: list[str], status: int
) -> None:
    line = dev.make("proof", *arguments)

    assert dev.shell(line)[0] == status
    assert list(dev.project.glob("pwned*")) == []


def test_command_without_an_endpoint_names_one(dev: Dev) -> None:
    assert dev.make("proof", status=2) == ""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_documented_line_of_make_dev_works(dev: Dev) -> None:
    text = dev.make("-n", "dev")
    (line,) = re.findall(r'eval .*make -s proof[^\n]*(?=")', text)

    status, _, _ = dev.shell(line.replace("\\", ""))

    assert status == 200


@pytest.mark.parametrize(
    ("public_url", "htu"),
    [
        ("https://api.test/v1", "https://api.test/v1/api/private"),
        ("https://api.test/v1/", "https://api.test/v1/api/private"),
        (" https://api.test ", "https://api.test/api/private"),
        ("", "{url}/api/private"),
    ],
)
def test_printed_proof_is_for_the_public_url(dev: Dev, public_url: str, htu: str) -> None:
    environ = {**dev.environ, "PUBLIC_URL": public_url}

    line = replace(dev, environ=environ).make("proof", "ENDPOINT=/api/private?a=b")

    proof = shlex.split(line)[-1].removeprefix("DPoP: ")
    assert decode_claims(proof)["htu"] == htu.format(url=dev.url)
    assert f"{dev.url}/api/private?a=b" in shlex.split(line)


@pytest.mark.parametrize("key", [ec_key(), rsa_key()], ids=["ES256", "RS256"])
def test_stand_in_binds_a_token_to_the_key_of_a_proof(dev: Dev, key: ClientKey) -> None:
    tokens = dev.grant(dev.proof(key)).json()

    token = tokens["access_token"]
    proof = Proof(key).of(token, "GET", f"{dev.url}/api/private")
    first, second = dev.call(token, proof), dev.call(token, proof)

    assert tokens["token_type"] == DPOP
    assert decode_claims(token)["cnf"] == {"jkt": thumbprint(key.jwk)}
    assert (first.status_code, second.status_code) == (200, 401)
    assert dev.call(token, None).status_code == 401
    assert dev.call(token, None, "Bearer").status_code == 401


def test_stand_in_issues_plain_tokens_without_a_proof(dev: Dev) -> None:
    tokens = dev.grant(None).json()

    assert tokens["token_type"] == BEARER
    assert "cnf" not in decode_claims(tokens["access_token"])
    assert dev.call(tokens["access_token"], None, "Bearer").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"htm": "GET"}, id="other-method"),
        pytest.param({"htu": "https://localhost/oauth/token"}, id="other-url"),
        pytest.param({"iat": 1}, id="long-past"),
        pytest.param({"iat": 4_102_444_800}, id="year-2100"),
        pytest.param({"jti": ""}, id="empty-jti"),
    ],
)
def test_stand_in_rejects_an_invalid_proof(dev: Dev, changed: dict[str, Any]) -> None:
    response = dev.grant(dev.proof(ec_key(), **changed))

    assert (response.status_code, response.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("proof", ["", "a", "a.b.c", ",", "e30.e30.e30"])
def test_stand_in_rejects_what_is_not_a_proof(dev: Dev, proof: str) -> None:
    response = dev.grant(proof)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_dpop_proof")


def test_stand_in_rejects_a_proof_of_another_audience_as_before(dev: Dev) -> None:
    response = dev.grant(dev.proof(ec_key()), audience="https://other.test")

    assert (response.status_code, response.json()["error"]) == (403, "access_denied")
