"""The stand-in tenant looks like Auth0 from outside."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from .conftest import AUDIENCE, Call
from local_auth0 import Tenant

GRANT = {
    "grant_type": "client_credentials",
    "client_id": "any",
    "client_secret": "any",
    "audience": AUDIENCE,
}


Shell = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def shell(tmp_path: Path, port: int) -> Iterator[Shell]:
    """Start `python -m local_auth0` in an empty folder."""
    environ = os.environ | {
        "AUTH0_AUDIENCE": AUDIENCE,
        "LOCAL_AUTH0_PORT": str(port),
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    with ExitStack() as processes:

        def start(*arguments: str) -> "subprocess.Popen[str]":
            command = [sys.executable, "-m", "local_auth0", *arguments]
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environ, stdout=pipe, stderr=pipe, text=True
            )
            return processes.enter_context(process)

        yield start


def claims_of(token: str) -> dict[str, object]:
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def test_the_discovery_document_leads_to_the_key_set(tenant: Tenant) -> None:
    discovery = requests.get(f"{tenant.issuer}.well-known/openid-configuration", timeout=5).json()

    assert discovery["issuer"] == tenant.issuer
    assert requests.get(discovery["jwks_uri"], timeout=5).json() == {
        "keys": [tenant.signing_key.jwk]
    }


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "a form"])
def test_a_machine_gets_a_token_that_the_api_takes(
    tenant: Tenant, call: Call, as_json: bool
) -> None:
    grant = GRANT | {"scope": "read:messages"}
    form, document = (None, grant) if as_json else (grant, None)

    answer = requests.post(f"{tenant.issuer}oauth/token", form, document, timeout=5).json()

    assert (answer["token_type"], answer["scope"]) == ("Bearer", "read:messages")
    assert call("/api/private-scoped", answer["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"audience": "https://other.test"}, 403, "access_denied"),
    ],
)
def test_another_grant_or_audience_is_refused(
    tenant: Tenant, change: dict[str, str], status: int, error: str
) -> None:
    answer = requests.post(f"{tenant.issuer}oauth/token", json=GRANT | change, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_what_asks_for_no_grant_is_refused(tenant: Tenant) -> None:
    answer = requests.post(f"{tenant.issuer}oauth/token", json=["client_credentials"], timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_machines_token_has_the_claims_of_auth0(tenant: Tenant) -> None:
    claims = claims_of(tenant.token("read:messages", ["read:messages"]))

    assert claims == {
        "iss": tenant.issuer,
        "sub": "local-client@clients",
        "aud": AUDIENCE,
        "iat": claims["iat"],
        "exp": claims["exp"],
        "azp": "local-client",
        "gty": "client-credentials",
        "scope": "read:messages",
        "permissions": ["read:messages"],
    }


def test_a_users_token_has_the_claims_of_auth0(tenant: Tenant) -> None:
    claims = claims_of(tenant.token(user="auth0|ann"))

    assert claims["sub"] == "auth0|ann"
    assert claims["aud"] == [AUDIENCE, f"{tenant.issuer}userinfo"]
    assert "gty" not in claims


def test_a_token_of_the_other_profile_has_its_claims(tenant: Tenant) -> None:
    """RFC 9068 section 2: the type says what it is, and the client is named by `client_id`."""
    minted = tenant.token(rfc9068=True)

    claims = claims_of(minted)
    assert claims["client_id"] == "local-client"
    assert claims["jti"]
    assert "azp" not in claims
    assert json.loads(base64.urlsafe_b64decode(minted.split(".")[0] + "=="))["typ"] == "at+jwt"


def test_it_listens_on_loopback_alone(tenant: Tenant) -> None:
    port = int(tenant.domain.partition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_its_certificate_and_key_stay_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "tenant"
    first = Tenant(folder, 0, AUDIENCE)
    certificate = first.ca_file.read_bytes()

    again = Tenant(folder, 0, AUDIENCE)

    assert again.signing_key.kid == first.signing_key.kid
    assert again.ca_file.read_bytes() == certificate


def test_a_command_beside_it_finds_it_by_its_environment(shell: Shell) -> None:
    ask = (
        "import os, requests;"
        "print(requests.get(f'https://{os.environ[\"AUTH0_DOMAIN\"]}/.well-known/jwks.json').status_code);"
        "raise SystemExit(7)"
    )

    command = shell("run", sys.executable, "-c", ask)

    assert command.communicate(timeout=20)[0] == "200\n"
    assert command.returncode == 7


def test_a_command_beside_it_ends_with_it(shell: Shell) -> None:
    wait = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    tenant = shell("run", sys.executable, "-c", wait)
    assert tenant.stdout is not None
    pid = int(tenant.stdout.readline())

    tenant.send_signal(signal.SIGTERM)
    tenant.wait(timeout=20)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_port_that_is_taken_is_named(shell: Shell, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        tenant = shell("run", "true")
        _, said = tenant.communicate(timeout=20)

    assert tenant.returncode == 1
    assert f"Port {port} is in use by another program." in said


def test_a_token_of_the_shell_is_for_the_api_as_configured(shell: Shell, port: int) -> None:
    printed, _ = shell("token", "--scope", "a b", "--permissions", "c d").communicate(timeout=20)

    claims = claims_of(printed)
    assert claims["aud"] == AUDIENCE
    assert claims["iss"] == f"https://localhost:{port}/"
    assert claims["scope"] == "a b"
    assert claims["permissions"] == ["c", "d"]
