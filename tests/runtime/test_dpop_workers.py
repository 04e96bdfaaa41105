"""Proofs (DPoP) at a gunicorn of two workers, which share a real Redis, or have none.

`pytest -q -rP tests/runtime/test_dpop_workers.py` shows the figures of the race.
"""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ..support.dpop.proofs import PUBLIC_URL, Build, Request, World, send
from ..support.dpop.workers import Response, Worker, at_once, connected
from ..support.environ import user_environ
from ..support.processes import ended, free_ports
from ..support.redis_server import PASSWORD, NotRedis, RedisServer
from ..support.serving import Api, Gunicorn, beside_tenant, report
from ..support.traffic import eventually

pytestmark = pytest.mark.slow

PRIVATE = "/api/private"
SETTINGS = {"PUBLIC_URL": PUBLIC_URL, "DPOP": "required", "THREADS": "4"}
REPLAY_LOGGER = '"messages_api.auth.dpop_replay"'


@pytest.fixture(scope="module")
def api(
    dpop_project: Path, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """The project with the feature, and its tenant."""
    with beside_tenant(dpop_project, api_folder, tmp_path_factory.mktemp("dpop")) as api:
        yield api


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return World(api.tenant)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def server(api: Api, redis: RedisServer) -> Iterator[Gunicorn]:
    """Shares one Redis among two workers."""
    with api.served(environ=SETTINGS | {"DPOP_REPLAY_URL": redis.url}) as server:
        yield server


@pytest.fixture
def workers(server: Gunicorn) -> Iterator[list[Worker]]:
    with connected(server) as workers:
        yield workers


def proven(world: World, **changed: object) -> Request:
    """A request with a new proof."""
    return send(claims=changed, target=PRIVATE)(world)


def code(response: Response) -> str:
    return str(json.loads(response.body).get("code", ""))


def test_proof_is_accepted_by_one_worker(world: World, workers: list[Worker]) -> None:
    one, other = workers
    request = proven(world)

    responses = [worker.call(request) for worker in (one, other, one, other)]

    assert one.pid != other.pid
    assert [each.status for each in responses] == [200, 401, 401, 401]
    assert {code(each) for each in responses[1:]} == {"invalid_dpop_proof"}


@pytest.mark.parametrize("count", [50, 1_000])
def test_race_of_two_workers_is_won_once(
    world: World, workers: list[Worker], request: pytest.FixtureRequest, count: int
) -> None:
    requests = [proven(world) for _ in range(count)]
    began = time.monotonic()

    won_by, lost_by = Counter[int](), Counter[int]()
    sent_last = 0
    for number, each in enumerate(requests):
        order = workers if number % 2 else workers[::-1]
        statuses = at_once(order, each)
        sent_last += statuses[1] == 200
        won_by.update(it.pid for it, status in zip(order, statuses, strict=True) if status == 200)
        lost_by.update(it.pid for it, status in zip(order, statuses, strict=True) if status == 401)
    seconds = time.monotonic() - began

    report(
        request,
        proofs=count,
        requests=2 * count,
        accepted=won_by.total(),
        rejected=lost_by.total(),
        accepted_by_worker=sorted(won_by.values()),
        accepted_where_sent_last=sent_last,
        seconds=f"{seconds:.1f}",
    )
    assert (won_by.total(), lost_by.total()) == (count, count)
    assert won_by.keys() == lost_by.keys() == {worker.pid for worker in workers}


def test_crowd_with_one_proof_is_accepted_once(world: World, server: Gunicorn) -> None:
    requests = [proven(world) for _ in range(10)]

    def get(request: Request) -> int:
        headers = {"Authorization": request.authorization or "", "DPoP": request.proof or ""}
        return server.get(PRIVATE, **headers).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(get, [each for each in requests for _ in range(16)]))

    assert statuses == {200: 10, 401: 150}


def test_redis_keeps_no_id_and_nothing_for_longer_than_needed(
    world: World, workers: list[Worker], redis: RedisServer
) -> None:
    for age in (0, 290, -25):
        redis.send("FLUSHALL")
        jti = f"known {age}"
        request = proven(world, jti=jti, iat=int(time.time()) - age)

        assert workers[0].call(request).status == 200
        (keys,) = redis.send("KEYS *")
        assert isinstance(keys, list)
        (key,) = map(str, keys)
        lifetime, size = redis.send(f"TTL {key}", f"MEMORY USAGE {key}")
        assert isinstance(lifetime, int)
        assert 328 - age <= lifetime <= 331 - age
        assert "known" not in key
        assert isinstance(size, int)
        assert size <= 160


def test_without_redis_each_worker_accepts_a_proof_once(api: Api, world: World) -> None:
    with api.served(environ=SETTINGS) as server, connected(server) as (one, other):
        request = proven(world)

        statuses = [worker.call(request).status for worker in (one, one, other, other, one)]

    assert statuses == [200, 401, 200, 401, 401]


def unavailable(response: Response) -> bool:
    """Tell whether a response says that the replay check is unavailable."""
    return (
        response.status == 503
        and code(response) == "replay_check_unavailable"
        and response.headers["WWW-Authenticate"] is None
        and int(response.headers["Retry-After"]) >= 1
    )


def recovers(world: World, workers: list[Worker]) -> None:
    """Wait until each worker accepts a new proof, and check that it does so once."""

    def recovered() -> bool:
        return {worker.call(proven(world)).status for worker in workers} == {200}

    eventually(recovered, "the workers accept proofs", 5)
    for _ in range(5):
        request = proven(world)
        assert sorted(at_once(workers, request)) == [200, 401]


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
        ("ACL SETUSER default -set", "ACL SETUSER default +set"),
        ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
    ],
    ids=["full", "replica", "not permitted", "without replicas"],
)
def test_redis_that_rejects_a_write_accepts_no_proof(
    world: World, workers: list[Worker], redis: RedisServer, fault: str, end: str
) -> None:
    used = proven(world)
    assert workers[0].call(used).status == 200

    redis.send(fault)
    try:
        responses = [worker.call(each) for worker in workers for each in (proven(world), used)]
    finally:
        redis.send(end)

    assert all(map(unavailable, responses[::2])), responses
    assert {each.status for each in responses} <= {401, 503}
    recovers(world, workers)


def test_frozen_redis_is_given_up_soon(
    world: World, server: Gunicorn, workers: list[Worker], redis: RedisServer
) -> None:
    used = proven(world)
    assert workers[0].call(used).status == 200

    with redis.frozen(), ThreadPoolExecutor(16) as pool:
        sent = [pool.submit(send_alone, server, proven(world)) for _ in range(24)]
        public = server.get("/api/public", 5)
        statuses = [each.result() for each in sent]
        again = [worker.call(used) for worker in workers]

    assert public.status_code == 200
    assert {status for status, _ in statuses} == {503}
    assert max(seconds for _, seconds in statuses) < 6
    assert all(map(unavailable, again))
    recovers(world, workers)
    assert [worker.call(used).status for worker in workers] == [401, 401]


def send_alone(server: Gunicorn, request: Request) -> tuple[int, float]:
    """Send a request on a connection of its own; return its status and the seconds it took."""
    began = time.monotonic()
    headers = {"Authorization": request.authorization or "", "DPoP": request.proof or ""}
    return server.get(PRIVATE, **headers).status_code, time.monotonic() - began


def test_connection_that_redis_has_closed_costs_no_request(
    world: World, workers: list[Worker], redis: RedisServer
) -> None:
    """Redis closes connections that are idle, as its setting `timeout` says."""
    recovers(world, workers)

    redis.send("CLIENT KILL TYPE normal SKIPME yes")
    statuses = [worker.call(proven(world)).status for worker in workers for _ in range(3)]

    assert statuses == [200] * 6


def test_stopped_redis_accepts_no_proof_and_is_logged_once(
    api: Api, world: World, redis: RedisServer
) -> None:
    with (
        api.served(environ=SETTINGS | {"DPOP_REPLAY_URL": redis.url}) as server,
        connected(server) as workers,
    ):
        used = proven(world)
        assert workers[0].call(used).status == 200
        redis.stop()
        try:
            responses = [worker.call(proven(world)) for _ in range(10) for worker in workers]
            responses += [worker.call(used) for worker in workers]
            others = [worker.call(replace(proven(world), proof=None)) for worker in workers]
        finally:
            redis.start()

        assert all(map(unavailable, responses))
        assert [each.status for each in others] == [401, 401]
        recovers(world, workers)
        lines = [line for line in server.log_file.read_text().splitlines() if REPLAY_LOGGER in line]
        assert sorted(json.loads(line)["pid"] for line in lines) == sorted(server.workers())
        log = server.log_file.read_text()
        assert PASSWORD not in log
        assert not any(part in log for part in (used.proof or "").split("."))


def test_api_starts_without_its_redis(api: Api, world: World) -> None:
    (port,) = free_ports(1)
    with (
        api.served(environ=SETTINGS | {"DPOP_REPLAY_URL": f"redis://127.0.0.1:{port}"}) as server,
        connected(server) as workers,
    ):
        responses = [worker.call(proven(world)) for worker in workers]
        ready = server.get("/readyz").status_code

    assert all(map(unavailable, responses))
    assert ready == 200


NO_REPLIES = {
    "nothing": b"",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an error": b"-ERR\r\n",
    "an empty error": b"-\r\n",
    "not a number": b":abc\r\n",
    "no length": b"$abc\r\n",
    "no address": b"-ASK\r\n",
    "not UTF-8": b"-\xff\r\n",
    "an unknown type": b"\xff\r\n",
    "an empty line": b"\r\n",
    "lists within lists": b"*1\r\n" * 2_000,
}


def test_server_that_is_not_redis_accepts_no_proof(api: Api, world: World) -> None:
    outcomes = {}
    with (
        NotRedis() as other,
        api.served(workers=1, environ=SETTINGS | {"DPOP_REPLAY_URL": other.url}) as server,
        connected(server) as (worker,),
    ):
        for name, reply in NO_REPLIES.items():
            other.reply = reply
            response = worker.call(proven(world))
            outcomes[name] = (response.status, code(response))

    assert outcomes == dict.fromkeys(NO_REPLIES, (503, "replay_check_unavailable"))


@pytest.mark.parametrize("options", ["db=a", "socket_timeout=a", "unknown=1"])
def test_malformed_option_of_redis_stops_the_start(dpop_project: Path, options: str) -> None:
    settings = {"AUTH0_DOMAIN": "tenant.test", "PUBLIC_URL": PUBLIC_URL}
    settings["DPOP_REPLAY_URL"] = f"redis://:{PASSWORD}@127.0.0.1:1/0?{options}"

    done = ended([".venv/bin/flask", "routes"], dpop_project, user_environ(**settings))

    assert done.returncode != 0
    assert done.stdout.startswith("Error: DPOP_REPLAY_URL is ")
    assert PASSWORD not in done.stdout


def raw(server: Gunicorn, lines: list[str], target: str = PRIVATE) -> int:
    """Send these header lines as they are; return the status."""
    head = [f"GET {target} HTTP/1.1", "Host: api.test", *lines, "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1"))
        return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param("DPoP: {0}", 200, id="one field"),
        pytest.param("dpop: {0}", 200, id="a name in lower case"),
        pytest.param("DPOP:{0}", 200, id="no space"),
        pytest.param("DPoP: \t {0} \t", 200, id="white space around it"),
        pytest.param("DPoP: {0}|DPoP: {0}", 401, id="the same field twice"),
        pytest.param("DPoP: {0}|dpop: {0}", 401, id="the same field twice, in another case"),
        pytest.param("DPoP: {0}|DPoP: {1}", 401, id="two valid proofs"),
        pytest.param("DPoP: {0}|DPoP: a.b.c", 401, id="an invalid one after it"),
        pytest.param("DPoP: a.b.c|DPoP: {0}", 401, id="an invalid one before it"),
        pytest.param("DPoP:|DPoP: {0}", 401, id="an empty one before it"),
        pytest.param("DPoP: {0}|DPoP:", 401, id="an empty one after it"),
        pytest.param("DPoP:", 401, id="empty"),
        pytest.param("X-DPoP: {0}", 401, id="another name"),
        pytest.param("Proof: {0}", 401, id="another name without DPoP"),
        pytest.param("Cookie: DPoP={0}", 401, id="a cookie"),
        pytest.param("DPoP: {0}|X-HTTP-Method-Override: POST", 200, id="an override of the method"),
        pytest.param("DPoP: {0}|X-Forwarded-Host: evil.test", 200, id="a forwarded host"),
        pytest.param("DPoP: {0}|Forwarded: host=evil.test;proto=http", 200, id="Forwarded"),
    ],
)
def test_header_fields_of_a_proof(server: Gunicorn, world: World, fields: str, status: int) -> None:
    request, other = proven(world), proven(world)
    token = f"Authorization: {request.authorization}"

    lines = [each.format(request.proof, other.proof) for each in fields.split("|")]

    assert raw(server, [token, *lines]) == status


@pytest.mark.parametrize(
    ("target", "build", "status"),
    [
        pytest.param("https://api.test/api/private", send(target=PRIVATE), 200, id="absolute form"),
        pytest.param("http://evil.test/api/private", send(target=PRIVATE), 200, id="another host"),
        pytest.param(
            "https://evil.test/api/private",
            send(target=PRIVATE, url="https://evil.test/api/private"),
            401,
            id="another host, proven",
        ),
        pytest.param("/api/%70rivate", send(target=PRIVATE), 200, id="an encoded letter"),
        pytest.param("/api/private?a=b", send(target=PRIVATE), 200, id="a query"),
        pytest.param("/api/private?a=/../b", send(target=PRIVATE), 200, id="a query with a path"),
        pytest.param("/api/private", send(target="/api/private-scoped"), 401, id="another path"),
        pytest.param("/api/private-scoped", send(target=PRIVATE), 401, id="a scoped path"),
    ],
)
def test_target_of_a_request(
    server: Gunicorn, world: World, target: str, build: Build, status: int
) -> None:
    request = build(world)
    fields = [f"Authorization: {request.authorization}", f"DPoP: {request.proof}"]

    assert raw(server, fields, target) == status
