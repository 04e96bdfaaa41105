"""The rendered API under gunicorn, as in production: its start, its settings, its log.

`pytest -q -rP tests/runtime/test_production.py` shows the figures, and lines of the log.
"""

import re
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ..support.serving import KEY_SET, Api, report
from ..support.traffic import eventually

pytestmark = pytest.mark.slow


def about(request_id: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("request_id") == request_id]


def test_the_keys_are_there_before_the_first_request(
    api: Api, request: pytest.FixtureRequest
) -> None:
    with api.served() as server:
        fetched = api.tenant.requests[KEY_SET]
        ages = [server.get("/readyz").json()["keys_age"] for _ in range(20)]

    assert fetched == 2
    assert None not in ages
    assert api.tenant.requests[KEY_SET] == 2
    report(request, fetched_before=fetched, oldest_keys=f"{max(ages):.2f} s")


def test_without_its_tenant_it_starts_and_serves_what_it_can(
    api: Api, request: pytest.FixtureRequest
) -> None:
    token = f"Bearer {api.tenant.token()}"
    api.stop_tenant()
    with api.served() as server:
        for _ in range(10):
            assert server.get("/api/public").status_code == 200
            ready, private = server.get("/readyz"), server.get("/api/private", Authorization=token)
            assert (ready.status_code, ready.json()["keys_age"]) == (200, None)
            assert private.status_code == 503
            assert 1 <= int(private.headers["Retry-After"]) <= 10
        server.get("/api/private", **{"Authorization": token, "X-Request-ID": "outage"})

        api.start_tenant()
        back = time.monotonic()
        eventually(
            lambda: all(
                server.get("/api/private", Authorization=token).status_code == 200
                for _ in range(20)
            ),
            "every worker has its keys",
        )
        recovered = f"{time.monotonic() - back:.1f} s"

        lines = about("outage", server.log())
        report(request, recovered_after=recovered, refused=lines)
        assert [line.get("code", line.get("status")) for line in lines] == ["keys_unavailable", 503]


def test_a_silent_tenant_does_not_take_every_thread(api: Api) -> None:
    """A kubelet waits 5 s for an answer of /healthz, and kills the worker after a few without."""
    made_up = api.tenant.signing_key.sign({"alg": "RS256", "kid": "made-up"}, {"sub": "nobody"})
    good, speaks = f"Bearer {api.tenant.token()}", threading.Event()
    with api.served(workers=1) as server, ThreadPoolExecutor(24) as pool:
        api.tenant.fault = lambda: speaks.wait(20) and None
        asked = [
            pool.submit(server.get, "/api/private", Authorization=f"Bearer {made_up}")
            for _ in range(24)
        ]
        try:
            eventually(lambda: api.tenant.requests[KEY_SET] == 2, "the tenant is asked again")
            for path in ("/healthz", "/api/public", "/api/private"):
                assert server.get(path, 5, Authorization=good).status_code == 200
            waiting = sum(not one.done() for one in asked)
        finally:
            speaks.set()

    assert waiting == 4
    assert Counter(one.result().status_code for one in asked) == {401: 4, 503: 20}


# In .env, since of the environment gunicorn itself reads WEB_CONCURRENCY, before it reads our file.
@pytest.mark.parametrize(
    "setting", ["WEB_CONCURRENCY=two", "THREADS=0", "PORT=65536", "LOG_FORMAT=xml"]
)
def test_a_bad_setting_is_refused_in_one_line(api: Api, setting: str) -> None:
    (api.copy() / ".env").write_text(setting)

    code, said = api.run()

    name, _, value = setting.partition("=")
    assert code != 0
    assert re.fullmatch(rf"Error: {name} is '{value}': expected .+\n", said), said


@pytest.mark.parametrize(
    ("file", "mistake", "complaint"),
    [
        (".env", "CORS_ORIGINS=app.example/", "Error: CORS_ORIGINS is 'app.example/'"),
        ("messages_api/routes.py", "def get_public(:", "SyntaxError"),
        ("messages_api/routes.py", 'api.get("/all")(lambda: "all")', "MissingPolicy"),
    ],
    ids=["a setting", "a typing error", "an endpoint without a policy"],
)
def test_a_mistake_that_a_reload_would_not_survive_is_found_before_it(
    api: Api, file: str, mistake: str, complaint: str
) -> None:
    project = api.copy()
    assert api.run("--check-config") == (0, "")
    with (project / file).open("a") as edited:
        edited.write(f"\n{mistake}\n")

    code, said = api.run("--check-config")

    assert code != 0
    assert complaint in said


@pytest.mark.parametrize(
    ("length", "status", "content_type"),
    [(17_406, 401, "application/json"), (17_407, 431, "text/html")],
    ids=["the longest is ours", "a longer one gunicorn's"],
)
def test_a_header_line_is_answered_in_json_up_to_a_length(
    api: Api, length: int, status: int, content_type: str
) -> None:
    token = "A" * (length - len("Authorization: Bearer "))
    with api.served(workers=1) as server:
        answer = server.get("/api/private", Authorization=f"Bearer {token}")

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)


@pytest.mark.parametrize(
    ("proxies", "believed"),
    [({}, True), ({"FORWARDED_ALLOW_IPS": "10.0.0.1"}, False)],
    ids=["on this machine, the default", "elsewhere"],
)
def test_only_a_known_proxy_is_believed_that_it_was_asked_over_tls(
    api: Api, proxies: dict[str, str], believed: bool
) -> None:
    with api.served(workers=1, environ=proxies) as server:
        told = server.get("/api/public", **{"X-Forwarded-Proto": "https"})
        untold = server.get("/api/public")

    assert ("Strict-Transport-Security" in told.headers) is believed
    assert "Strict-Transport-Security" not in untold.headers


def test_every_line_of_the_log_is_json_and_none_has_a_token_or_its_subject(
    api: Api, request: pytest.FixtureRequest
) -> None:
    subject = "auth0|somebody"
    accepted = api.tenant.token(user=subject)
    refused = api.tenant.token(user=subject, exp=0)
    with api.served() as server:
        for request_id, token in (("good", accepted), ("bad", refused)):
            headers = {"Authorization": f"Bearer {token}", "X-Request-ID": request_id}
            answer = server.get(f"/api/private?access_token={token}", **headers)
            assert answer.headers["X-Request-ID"] == request_id
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(f"GET / HTTP/1.1\r\nBearer {accepted}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        server.reload()
        server.stop()
        text, lines = server.log_file.read_text(), server.log()

    of_good, of_bad = (about(request_id, lines) for request_id in ("good", "bad"))
    report(request, lines=len(lines), accepted=of_good, refused=of_bad)
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
    secrets = {*accepted.split("."), *refused.split("."), subject}
    assert [secret for secret in secrets if secret in text] == []
