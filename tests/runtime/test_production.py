"""The rendered API under gunicorn, as in production: its start, its settings, its log.

`pytest -q -rP tests/runtime/test_production.py` shows the figures, and lines of the log.
"""

import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..support.serving import (
    JWKS_PATH,
    Api,
    Gunicorn,
    api_with_tenant,
    report_figures,
    unresponsive_tenant,
)
from ..support.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(
    ready_project: Path, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gunicorn]:
    """One worker with the default settings, for tests that only send requests."""
    with (
        api_with_tenant(ready_project, api_folder, tmp_path_factory.mktemp("production")) as api,
        api.served(workers=1) as server,
    ):
        yield server


def lines_of_request(request_id: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("request_id") == request_id]


def test_keys_are_fetched_before_the_first_request(
    api: Api, request: pytest.FixtureRequest
) -> None:
    with api.served() as server:
        fetched = api.tenant.requests[JWKS_PATH]
        readiness = [server.get("/readyz").json() for _ in range(20)]

    assert fetched == 2
    ages = [each["keys_age"][api.tenant.domain] for each in readiness]
    assert None not in ages
    assert api.tenant.requests[JWKS_PATH] == 2
    report_figures(request, fetched_before=fetched, oldest_keys=f"{max(ages):.2f} s")


def test_api_starts_without_its_tenant_and_recovers(
    api: Api, request: pytest.FixtureRequest
) -> None:
    token = f"Bearer {api.tenant.token()}"
    api.stop_tenant()
    with api.served() as server:
        for _ in range(10):
            assert server.get("/api/public").status_code == 200
            ready, private = server.get("/readyz"), server.get("/api/private", Authorization=token)
            assert ready.status_code == 200
            assert ready.json()["keys_age"] == {api.tenant.domain: None}
            assert private.status_code == 503
            assert 1 <= int(private.headers["Retry-After"]) <= 10
        server.get("/api/private", **{"Authorization": token, "X-Request-ID": "outage"})

        api.start_tenant()
        back = time.monotonic()
        wait_until(
            lambda: all(
                server.get("/api/private", Authorization=token).status_code == 200
                for _ in range(20)
            ),
            "every worker has the keys",
        )
        recovered = f"{time.monotonic() - back:.1f} s"

        lines = lines_of_request("outage", server.log())
        report_figures(request, recovered_after=recovered, rejected=lines)
        assert [line.get("code", line.get("status")) for line in lines] == ["keys_unavailable", 503]


def test_unresponsive_tenant_leaves_threads_free(api: Api) -> None:
    """Kubernetes restarts a container whose `/healthz` does not respond within 5 s."""
    valid = f"Bearer {api.tenant.token()}"
    with api.served(workers=1) as server, unresponsive_tenant(api, server) as requests:
        for path in ("/healthz", "/api/public", "/api/private"):
            assert server.get(path, 5, Authorization=valid).status_code == 200
        waiting = sum(not one.done() for one in requests)
        fetches = api.tenant.requests[JWKS_PATH]

    assert (waiting, fetches) == (4, 2)
    assert Counter(one.result().status_code for one in requests) == {401: 4, 503: 20}


def test_only_x_forwarded_proto_means_tls(server: Gunicorn) -> None:
    others = {"X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}

    over_http = server.get("/api/public", **others)
    contradicted = server.get("/api/public", **others, **{"X-Forwarded-Proto": "http"})

    assert (over_http.status_code, contradicted.status_code) == (200, 200)
    assert "Strict-Transport-Security" not in over_http.headers.keys() | contradicted.headers.keys()


def test_workers_do_not_get_the_credentials_of_check(api: Api) -> None:
    project = api.copy()
    (project / ".env").write_text("AUTH0_CHECK_CLIENT_SECRET=planted\nANOTHER=seen\n")
    with (project / "messages_api/routes.py").open("a") as routes:
        routes.write("""

@api.get("/environ")
@public
def get_environ() -> dict[str, str]:
    import os

    return dict(os.environ)
""")

    with api.served(workers=1) as server:
        environ = server.get("/api/environ").json()

    assert environ["ANOTHER"] == "seen"
    assert "planted" not in environ.values()


# In .env: gunicorn reads WEB_CONCURRENCY of the environment before it runs gunicorn.conf.py.
@pytest.mark.parametrize(
    "setting", ["WEB_CONCURRENCY=two", "THREADS=0", "PORT=65536", "LOG_FORMAT=xml"]
)
def test_malformed_setting_stops_the_start_with_one_line(api: Api, setting: str) -> None:
    (api.copy() / ".env").write_text(setting)

    status, output = api.run()

    name, _, value = setting.partition("=")
    assert status != 0
    assert re.fullmatch(rf"Error: {name} is '{value}': expected .+\n", output), output


def test_check_config_accepts_the_project(api: Api) -> None:
    api.copy()

    assert api.run("--check-config") == (0, "")


@pytest.mark.parametrize(
    ("file", "mistake", "complaint"),
    [
        (".env", "CORS_ORIGINS=app.example/", "Error: CORS_ORIGINS is 'app.example/'"),
        ("messages_api/routes.py", "def get_public(:", "SyntaxError"),
        ("messages_api/routes.py", 'api.get("/all")(lambda: "all")', "MissingPolicy"),
    ],
    ids=["malformed setting", "syntax error", "endpoint without a policy"],
)
def test_check_config_finds_a_mistake(api: Api, file: str, mistake: str, complaint: str) -> None:
    with (api.copy() / file).open("a") as edited:
        edited.write(f"\n{mistake}\n")

    status, output = api.run("--check-config")

    assert status != 0
    assert complaint in output


@pytest.mark.parametrize(
    ("length", "status", "content_type"),
    [(17_406, 401, "application/json"), (17_407, 431, "text/html")],
    ids=["longest accepted", "too long for gunicorn"],
)
def test_long_header_gets_a_json_response_up_to_the_limit(
    server: Gunicorn, length: int, status: int, content_type: str
) -> None:
    token = "A" * (length - len("Authorization: Bearer "))

    response = server.get("/api/private", Authorization=f"Bearer {token}")

    assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)


def test_local_proxy_may_report_tls(server: Gunicorn) -> None:
    over_tls = server.get("/api/public", **{"X-Forwarded-Proto": "https"})
    plain = server.get("/api/public")

    assert "Strict-Transport-Security" in over_tls.headers
    assert "Strict-Transport-Security" not in plain.headers


def test_unknown_proxy_cannot_report_tls(api: Api) -> None:
    with api.served(workers=1, environ={"FORWARDED_ALLOW_IPS": "10.0.0.1"}) as server:
        claimed = server.get("/api/public", **{"X-Forwarded-Proto": "https"})
        plain = server.get("/api/public")

    assert "Strict-Transport-Security" not in claimed.headers
    assert "Strict-Transport-Security" not in plain.headers


def test_log_is_json_without_tokens_and_subjects(api: Api, request: pytest.FixtureRequest) -> None:
    subject = "auth0|somebody"
    accepted = api.tenant.token(user=subject)
    rejected = api.tenant.token(user=subject, exp=0)
    with api.served() as server:
        for request_id, token in (("good", accepted), ("bad", rejected)):
            headers = {"Authorization": f"Bearer {token}", "X-Request-ID": request_id}
            response = server.get(f"/api/private?access_token={token}", **headers)
            assert response.headers["X-Request-ID"] == request_id
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(f"GET / HTTP/1.1\r\nBearer {accepted}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        server.reload()
        server.stop()
        text, lines = server.log_file.read_text(), server.log()

    of_good, of_bad = (lines_of_request(request_id, lines) for request_id in ("good", "bad"))
    report_figures(request, lines=len(lines), accepted=of_good, rejected=of_bad)
    assert [line["status"] for line in of_good] == [200]
    assert [line.get("code", line.get("status")) for line in of_bad] == ["token_expired", 401]
    assert [line for line in lines if not line.keys() >= {"time", "level", "logger"}] == []
    for event in (
        "Starting gunicorn",
        "Fetched",
        "Invalid request",
        "Hang up",
        "Worker exiting",
        "Shutting down",
    ):
        assert any(line["message"].startswith(event) for line in lines), event
    secrets = {*accepted.split("."), *rejected.split("."), subject}
    assert [secret for secret in secrets if secret in text] == []
