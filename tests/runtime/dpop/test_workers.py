"""Proofs (DPoP) at a gunicorn of two workers, which share a real Redis, or have none.

`pytest -q -rP tests/runtime/dpop/test_workers.py` shows the figures of the race.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from ...support.dpop.proofs import World
from ...support.dpop.workers import (
    SETTINGS,
    Worker,
    at_once,
    code,
    connected,
    proven,
    send_alone,
)
from ...support.serving import Api, Gunicorn, report_figures

pytestmark = pytest.mark.slow


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

    report_figures(
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

    with ThreadPoolExecutor(16) as pool:
        sent = [pool.submit(send_alone, server, each) for each in requests for _ in range(16)]
        statuses = Counter(each.result()[0] for each in sent)

    assert statuses == {200: 10, 401: 150}


def test_without_redis_each_worker_accepts_a_proof_once(api: Api, world: World) -> None:
    with api.served(environ=SETTINGS) as server, connected(server) as (one, other):
        request = proven(world)

        statuses = [worker.call(request).status for worker in (one, one, other, other, one)]

    assert statuses == [200, 401, 200, 401, 401]
