"""Tenants for a module: with tokens of every kind of caller, and with the hostile corpus."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .policy_world import World, start_world


@pytest.fixture(scope="module")
def world(api_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    assert str(api_folder) in sys.path
    with start_world(tmp_path_factory.mktemp("tenant") / "local_auth0") as world:
        yield world


@pytest.fixture(scope="module")
def hostile_keys(tenant_folder: Path) -> Iterator[Any]:
    """A running tenant and the keys that sign the tokens of the hostile corpus."""
    from ..support.hostile.case import serve_keys  # not at the top: it imports the rendered API

    with serve_keys(tenant_folder) as keys:
        yield keys
