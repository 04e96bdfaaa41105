"""The test bed: a rendered project to import from, and a stand-in tenant that clients trust."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.support.rendering import render_defaults

from .tenant import Tenant, start_tenant, start_tenant_process
from .tokens import user_token


@dataclass(frozen=True, slots=True)
class Testbed:
    """A rendered project, a tenant that another process serves, and an access token of it."""

    project: Path
    tenant: Tenant
    token: str

    @property
    def domain(self) -> str:
        return self.tenant.domain

    @property
    def audience(self) -> str:
        return self.tenant.audience

    def another_tenant(self) -> AbstractContextManager[Tenant]:
        """Start a tenant with the same certificate and key in this process; it counts requests."""
        return start_tenant(self.tenant.ca_file.parent)


@contextmanager
def open_testbed(folder: Path) -> Iterator[Testbed]:
    """Render the template's defaults into a new folder, and start a tenant.

    Until the end of the block, this process and its children trust only the tenant's certificate,
    and connect to loopback without a proxy.
    """
    project = render_defaults(folder)
    with ExitStack() as stack:
        null_handler = logging.NullHandler()  # no peer but the API logs its requests
        logging.root.addHandler(null_handler)
        stack.callback(logging.root.removeHandler, null_handler)
        sys.path.insert(0, str(project))
        stack.callback(sys.path.remove, str(project))
        tenant = stack.enter_context(start_tenant_process(folder / "tenant"))
        trust = {
            "REQUESTS_CA_BUNDLE": str(tenant.ca_file),
            "SSL_CERT_FILE": str(tenant.ca_file),  # for urllib and httpx
            "NO_PROXY": "localhost,127.0.0.1",
            "no_proxy": "localhost,127.0.0.1",
        }
        stack.enter_context(patch.dict(os.environ, trust))
        yield Testbed(project, tenant, user_token(tenant))
