"""What a real Redis stores of DPoP proofs; no proof is accepted while it is unavailable."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ...support.dpop.proofs import PUBLIC_URL, World
from ...support.dpop.workers import (
    SETTINGS,
    Worker,
    code,
    connected,
    proven,
    recovers,
    send_alone,
    unavailable,
)
from ...support.environ import user_environ
from ...support.processes import free_ports, run_command
from ...support.redis_server import PASSWORD, NotRedis, RedisServer
from ...support.serving import Api, Gunicorn

pytestmark = pytest.mark.slow

REPLAY_LOGGER = '"messages_api.auth.dpop_replay"'

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
        assert 320 - age <= lifetime <= 331 - age
        assert "known" not in key
        assert isinstance(size, int)
        assert size <= 160


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


def test_connection_that_redis_has_closed_costs_no_request(
    world: World, workers: list[Worker], redis: RedisServer
) -> None:
    """Redis closes idle connections, because of its setting `timeout`."""
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

    done = run_command([".venv/bin/flask", "routes"], dpop_project, user_environ(**settings))

    assert done.returncode != 0
    assert done.stdout.startswith("Error: DPOP_REPLAY_URL is ")
    assert PASSWORD not in done.stdout
