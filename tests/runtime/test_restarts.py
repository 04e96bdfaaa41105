"""The rendered API under gunicorn and load: its workers reloaded, stopped, killed and stuck.

`pytest -q -rP tests/runtime/test_restarts.py` shows the figures. A worker that ends may only cost
requests on the connections that it held.
"""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ..support.serving import Api, Gunicorn, client_ports, freeze_process, report_figures
from ..support.traffic import ExpectedCall, Traffic, open_connections
from ..support.waiting import wait_until

pytestmark = pytest.mark.slow

SLOW_CALL = ExpectedCall("/api/slow", 200)
SLOW_VIEW = """

@api.get("/slow")
@public
def get_slow() -> str:
    from time import sleep

    sleep(1)
    return "At last."
"""

PAGE_ORIGIN = "https://app.example"


@pytest.fixture
def slow_api(api: Api) -> Api:
    """The API with an endpoint that takes a second."""
    routes = api.copy() / "messages_api/routes.py"
    routes.write_text(routes.read_text() + SLOW_VIEW)
    return api


def open_client_ports(server: Gunicorn) -> set[int]:
    """Return the clients' ports of the workers' open connections."""
    return {port for worker in server.workers() for port in client_ports(worker)}


def test_reloads_lose_no_request(api: Api, request: pytest.FixtureRequest) -> None:
    """Several reloads in a row also leave no processes behind."""
    times = 4
    with api.served() as server:
        with Traffic(server.port, api.calls()) as traffic:
            traffic.wait_for_calls()
            for _ in range(times):
                server.reload()
            traffic.wait_for_calls()

        report_figures(request, traffic)
        assert traffic.failed == []
        assert len(server.workers()) == 2
        assert "Z" not in server.workers().values()
        assert [line["message"] for line in server.log()].count("Hang up: Master") == times


def test_reload_applies_new_code_and_env_file(api: Api) -> None:
    project = api.copy()
    routes, dotenv = project / "messages_api/routes.py", project / ".env"
    dotenv.write_text(f"CORS_ORIGINS={PAGE_ORIGIN}\n")

    def allowed_origin(server: Gunicorn) -> str | None:
        return server.get("/api/public", Origin=PAGE_ORIGIN).headers.get(
            "Access-Control-Allow-Origin"
        )

    with api.served() as server:
        assert "Anyone may call" in server.get("/api/public").json()["message"]
        assert allowed_origin(server) == PAGE_ORIGIN

        routes.write_text(routes.read_text().replace("Anyone may call", "Everyone may call"))
        dotenv.unlink()
        server.reload()

        assert "Everyone may call" in server.get("/api/public").json()["message"]
        assert allowed_origin(server) is None


def test_environment_variables_override_the_env_file(api: Api) -> None:
    dotenv = api.copy() / ".env"
    dotenv.write_text("AUTH0_DOMAIN=another.example\nCORS_ORIGINS=https://another.example\n")

    with api.served(environ={"CORS_ORIGINS": PAGE_ORIGIN}) as server:
        headers = {"Authorization": f"Bearer {api.tenant.token()}", "Origin": PAGE_ORIGIN}
        first = server.get("/api/private", **headers)
        server.reload()
        second = server.get("/api/private", **headers)

    for response in (first, second):
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == PAGE_ORIGIN


def test_stop_waits_for_requests_in_flight(slow_api: Api, request: pytest.FixtureRequest) -> None:
    with (
        slow_api.served() as server,
        Traffic(server.port, slow_api.calls()) as traffic,
        open_connections(server.port, 12) as clients,
        ThreadPoolExecutor(12) as pool,
    ):
        traffic.wait_for_calls()
        in_flight = [pool.submit(client.send, SLOW_CALL) for client in clients]
        wait_until(
            lambda: {client.port for client in clients} <= open_client_ports(server),
            "all are in flight",
        )
        stopped = time.monotonic()
        seconds = server.stop()

    late = [one for one in traffic.outcomes if one.ended > stopped]
    report_figures(
        request, traffic, stopped_after=f"{seconds:.1f} s", seen_after_the_signal=len(late)
    )
    assert [slow.result().failure for slow in in_flight] == [""] * 12
    assert server.process.returncode == 0
    # New connections are refused; requests on the existing ones get their responses.
    assert [one for one in traffic.failed if one.is_reused or one.ended < stopped] == []


def test_stopping_worker_is_alive_but_not_ready(slow_api: Api) -> None:
    with (
        slow_api.served(workers=1) as server,
        open_connections(server.port, 3) as (kept, other, slow),
        ThreadPoolExecutor(1) as pool,
    ):
        assert kept.send(ExpectedCall("/readyz", 200)).failure == ""
        assert other.send(ExpectedCall("/healthz", 200)).failure == ""
        in_flight = pool.submit(slow.send, SLOW_CALL)
        wait_until(lambda: slow.port in open_client_ports(server), "it is in flight")

        server.process.terminate()
        while (ready := kept.send(ExpectedCall("/readyz", 503))).failure == "200 instead of 503":
            time.sleep(0.01)
        alive = other.send(ExpectedCall("/healthz", 200))

        assert [(seen.failure, seen.is_reused) for seen in (ready, alive)] == [
            ("", True),
            ("", True),
        ]
        assert in_flight.result().failure == ""


def test_killed_worker_loses_only_its_own_connections(
    api: Api, request: pytest.FixtureRequest
) -> None:
    with api.served() as server:
        with Traffic(server.port, api.calls()) as traffic:
            traffic.wait_for_calls()
            before = server.workers()
            victim = min(before)
            victim_ports = freeze_process(victim)  # so that it accepts no more connections
            os.kill(victim, signal.SIGKILL)
            server.wait_for_new_workers(before, 1)
            traffic.wait_for_calls()

        report_figures(request, traffic, connections_of_the_killed=len(victim_ports))
        assert {one.port for one in traffic.failed} <= victim_ports
        assert len(traffic.failed) <= len(victim_ports)
        assert "Z" not in server.workers().values()


def test_stuck_worker_is_replaced_by_a_new_one(api: Api, request: pytest.FixtureRequest) -> None:
    with api.served(environ={"GUNICORN_CMD_ARGS": "--timeout 2"}) as server:
        with Traffic(server.port, api.calls()) as traffic:
            traffic.wait_for_calls()
            before = server.workers()
            stuck = min(before)
            stuck_ports = freeze_process(stuck)
            frozen = time.monotonic()
            server.wait_for_new_workers(before, 1)
            replaced = time.monotonic()
            traffic.wait_for_calls()

        meanwhile = [one for one in traffic.outcomes if frozen < one.began and one.ended < replaced]
        report_figures(
            request,
            traffic,
            connections_of_the_stuck=len(stuck_ports),
            replaced_after=f"{replaced - frozen:.1f} s",
            seen_meanwhile=len(meanwhile),
        )
        assert {one.port for one in traffic.failed} <= stuck_ports
        assert len(traffic.failed) <= len(stuck_ports)
        assert "" in {one.failure for one in meanwhile}  # the other worker still responds
        assert f"WORKER TIMEOUT (pid:{stuck})" in {line["message"] for line in server.log()}
