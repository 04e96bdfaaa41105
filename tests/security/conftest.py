"""The fixture `world`: the rendered API with a tenant and tokens of every kind of caller."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .policy_world import World, start_world


@pytest.fixture(scope="module")
def world(api_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    assert str(api_folder) in sys.path
    with start_world(tmp_path_factory.mktemp("tenant") / "local_auth0") as world:
        yield world
