"""The API with sender-constrained tokens (DPoP): a package of this process, and a gunicorn.

pytest may load this file before there is a rendered project, which some helpers import: only the
fixtures import those.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ...support.redis_server import RedisServer
from ...support.serving import Api, Gunicorn, api_with_tenant

if TYPE_CHECKING:
    from ...support.dpop.proofs import World
    from ...support.dpop.workers import Worker


@pytest.fixture(scope="package")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The rendered package."""
    from ...support.dpop_api import imported

    with imported(tmp_path_factory.mktemp("dpop")) as package:
        yield package


@pytest.fixture(scope="package")
def api(
    dpop_project: Path, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """The project with the feature, and its tenant."""
    with api_with_tenant(dpop_project, api_folder, tmp_path_factory.mktemp("dpop")) as api:
        yield api


@pytest.fixture(scope="package")
def world(api: Api) -> "World":
    """That tenant, and the keys of a client."""
    from ...support.dpop.proofs import World

    return World(api.tenant)


@pytest.fixture(scope="package")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture(scope="package")
def server(api: Api, redis: RedisServer) -> Iterator[Gunicorn]:
    """Shares one Redis among two workers."""
    from ...support.dpop.workers import SETTINGS

    with api.served(environ=SETTINGS | {"DPOP_REPLAY_URL": redis.url}) as server:
        yield server


@pytest.fixture
def workers(server: Gunicorn) -> Iterator[list["Worker"]]:
    """A connection to each worker of the server."""
    from ...support.dpop.workers import connected

    with connected(server) as workers:
        yield workers
