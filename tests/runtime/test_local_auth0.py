"""The stand-in tenant: endpoints and tokens like those of Auth0, and `python -m local_auth0`."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from local_auth0 import Tenant
from messages_api.auth import current_token, requires_auth, requires_scope

from ..support.api import AUDIENCE, Call, Serve, View
from ..support.environ import user_environ
from ..support.processes import check_output
from ..support.tenants import decode_claims

GRANT = {
    "grant_type": "client_credentials",
    "client_id": "any",
    "client_secret": "any",
    "audience": AUDIENCE,
}

Process = subprocess.Popen[str]
StartTenant = Callable[..., Process]


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def start_local_auth0(tmp_path: Path, port: int, api_folder: Path) -> Iterator[StartTenant]:
    """Starts `python -m local_auth0` in an empty folder."""
    environ = os.environ | {
        "AUTH0_AUDIENCE": AUDIENCE,
        "LOCAL_AUTH0_PORT": str(port),
        "PYTHONPATH": str(api_folder),
    }
    with ExitStack() as processes:

        def start(*arguments: str) -> Process:
            command = [sys.executable, "-m", "local_auth0", *arguments]
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environ, stdout=pipe, stderr=pipe, text=True
            )
            return processes.enter_context(process)

        yield start


def test_discovery_document_has_the_url_of_the_jwks(tenant: Tenant) -> None:
    discovery = requests.get(f"{tenant.issuer}.well-known/openid-configuration", timeout=5).json()

    assert discovery["issuer"] == tenant.issuer
    assert requests.get(discovery["jwks_uri"], timeout=5).json() == {
        "keys": [tenant.signing_key.jwk]
    }


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "form"])
def test_client_credentials_get_a_token_that_the_api_accepts(
    tenant: Tenant, serve: Serve, show: View, call: Call, as_json: bool
) -> None:
    serve(requires_scope("read:messages")(show))
    grant = GRANT | {"scope": "read:messages"}
    form, document = (None, grant) if as_json else (grant, None)

    response = requests.post(f"{tenant.issuer}oauth/token", form, document, timeout=5).json()

    assert (response["token_type"], response["scope"]) == ("Bearer", "read:messages")
    assert call("/show", response["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"audience": "https://other.test"}, 403, "access_denied"),
    ],
    ids=["grant type", "audience"],
)
def test_unknown_grant_type_or_audience_is_rejected(
    tenant: Tenant, change: dict[str, str], status: int, error: str
) -> None:
    response = requests.post(f"{tenant.issuer}oauth/token", json=GRANT | change, timeout=5)

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_token_request_without_a_grant_type_is_rejected(tenant: Tenant) -> None:
    response = requests.post(f"{tenant.issuer}oauth/token", json={}, timeout=5)

    assert (response.status_code, response.json()["error"]) == (400, "unsupported_grant_type")


def test_token_of_a_machine_has_the_claims_of_auth0(tenant: Tenant) -> None:
    claims = decode_claims(tenant.token("read:messages", ["read:messages"]))

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


def test_token_of_a_user_has_the_claims_of_auth0(tenant: Tenant) -> None:
    claims = decode_claims(tenant.token(user="auth0|ann"))

    assert claims["sub"] == "auth0|ann"
    assert claims["aud"] == [AUDIENCE, f"{tenant.issuer}userinfo"]
    assert "gty" not in claims


def test_signed_token_of_the_rfc9068_profile_is_accepted(
    tenant: Tenant, serve: Serve, call: Call
) -> None:
    """RFC 9068 section 2: the type is at+jwt, and the client is in `client_id`."""
    serve(requires_auth(lambda: {"client_id": current_token.client_id}))
    claims = decode_claims(tenant.token(azp=None, client_id="other-client", jti="1"))
    header = {"alg": "RS256", "typ": "at+jwt", "kid": tenant.signing_key.kid}

    response = call("/show", tenant.signing_key.sign(header, claims))

    assert response.json == {"client_id": "other-client"}


def test_tenant_listens_only_on_loopback(tenant: Tenant) -> None:
    port = int(tenant.domain.partition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_certificate_and_signing_key_survive_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "tenant"
    first = Tenant(folder, 0, AUDIENCE)
    certificate = first.ca_file.read_bytes()

    second = Tenant(folder, 0, AUDIENCE)

    assert second.signing_key.kid == first.signing_key.kid
    assert second.ca_file.read_bytes() == certificate


@pytest.mark.slow
def test_command_gets_the_tenant_in_its_environment(start_local_auth0: StartTenant) -> None:
    program = (
        "import os, requests\n"
        "for domain in os.environ['AUTH0_DOMAIN'].split(','):\n"
        "    print(requests.get(f'https://{domain}/.well-known/jwks.json').status_code)\n"
        "raise SystemExit(7)"
    )

    command = start_local_auth0("run", sys.executable, "-c", program)

    assert command.communicate(timeout=20)[0] == "200\n200\n"
    assert command.returncode == 7


@pytest.mark.slow
def test_each_start_has_a_random_pin_for_the_debugger(
    tmp_path: Path, port: int, api_folder: Path
) -> None:
    environ = user_environ(
        AUTH0_AUDIENCE=AUDIENCE,
        LOCAL_AUTH0_PORT=str(port),
        PYTHONPATH=str(api_folder),
        WERKZEUG_DEBUG_PIN="off",
    )
    show = "import os; print(os.environ['WERKZEUG_DEBUG_PIN'])"
    command = [sys.executable, "-m", "local_auth0", "run", sys.executable, "-c", show]

    first, second = (check_output(command, tmp_path, environ).split()[-1] for _ in range(2))

    assert re.fullmatch(r"\d{3}-\d{3}-\d{3}", first)
    assert first != second


@pytest.mark.slow
def test_command_ends_when_the_tenant_is_terminated(start_local_auth0: StartTenant) -> None:
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    tenant = start_local_auth0("run", sys.executable, "-c", program)
    assert tenant.stdout is not None
    pid = int(tenant.stdout.readline())

    tenant.send_signal(signal.SIGTERM)
    tenant.wait(timeout=20)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_port_in_use_is_reported(start_local_auth0: StartTenant, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        tenant = start_local_auth0("run", "true")
        _, errors = tenant.communicate(timeout=20)

    assert tenant.returncode == 1
    assert f"Port {port} is in use by another program." in errors


@pytest.mark.slow
def test_printed_token_has_the_audience_and_the_options(
    start_local_auth0: StartTenant, port: int
) -> None:
    printed, _ = start_local_auth0("token", "--scope", "a b", "--permissions", "c d").communicate(
        timeout=20
    )

    claims = decode_claims(printed)
    assert claims["aud"] == AUDIENCE
    assert claims["iss"] == f"https://localhost:{port}/"
    assert claims["scope"] == "a b"
    assert claims["permissions"] == ["c", "d"]
