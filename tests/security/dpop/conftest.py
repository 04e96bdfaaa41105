"""The API with sender-constrained tokens (DPoP) in this process, and its tenant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_auth0 import Tenant

from ...support.api import AUDIENCE
from ...support.dpop.proofs import World
from ...support.dpop_api import imported
from ...support.tenants import serve_trusted


@pytest.fixture(scope="package")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The rendered package."""
    with imported(tmp_path_factory.mktemp("dpop")) as package:
        yield package


@pytest.fixture(scope="module")
def world(tenant_folder: Path) -> Iterator[World]:
    """A tenant, which is up, and the keys of a client."""
    with serve_trusted(Tenant(tenant_folder, 0, AUDIENCE)) as tenant:
        yield World(tenant)
