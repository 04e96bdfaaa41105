"""The API with sender-constrained tokens (DPoP) in this process, and its tenant.

pytest may load this file before there is a rendered project: only the fixtures import of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ...support.api import AUDIENCE

if TYPE_CHECKING:
    from ...support.dpop.proofs import World


@pytest.fixture(scope="package")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The rendered package."""
    from ...support.dpop_api import imported

    with imported(tmp_path_factory.mktemp("dpop")) as package:
        yield package


@pytest.fixture(scope="module")
def world(tenant_folder: Path) -> Iterator["World"]:
    """A tenant, which is up, and the keys of a client."""
    from local_auth0 import Tenant

    from ...support.dpop.proofs import World
    from ...support.tenants import serve_trusted

    with serve_trusted(Tenant(tenant_folder, 0, AUDIENCE)) as tenant:
        yield World(tenant)
