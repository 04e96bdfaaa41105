"""The number of fetches of the JWKS, and of tokens that are rejected meanwhile.

Each case has its own app and tenant. Fetches at the start of an app count as well.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from ..peers.all_peers import PEERS, Peer
from .tenant import JWKS_PATH, Tenant, rotate_key
from .testbed import Testbed
from .tokens import authorization, user_token

THREADS = 32

_SECONDS_BEFORE_ROTATION = 1.0

Counts = dict[str, int]


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Count fetches and rejected tokens for each peer's app."""

    def unknown_key_ids(peer: Peer, tenant: Tenant) -> Counts:
        return _unknown_key_ids(peer, tenant, 100 if quick else 1_000)

    def count(case: Callable[[Peer, Tenant], Counts]) -> dict[str, Counts]:
        counts = {}
        for name, peer in PEERS.items():
            with testbed.another_tenant() as tenant:
                counts[name] = case(peer, tenant)
        return counts

    return {
        "threads": THREADS,
        "cold_start": count(_cold_start),
        "unknown_key_ids": count(unknown_key_ids),
        "rotation": count(_rotation),
    }


def _cold_start(peer: Peer, tenant: Tenant) -> Counts:
    """Count for the first requests of an app, which arrive at the same time."""
    app = peer.make_app(tenant.domain, tenant.audience)
    rejected = _count_rejected(app, [user_token(tenant)] * THREADS)
    return {"fetches": tenant.requests[JWKS_PATH], "rejected": rejected}


def _unknown_key_ids(peer: Peer, tenant: Tenant, count: int) -> Counts:
    """Count for tokens with key IDs that the tenant never had, without the first fetch."""
    app = peer.make_app(tenant.domain, tenant.audience)
    _warm_up(app, tenant)
    before = tenant.requests[JWKS_PATH]
    _, payload, signature = user_token(tenant).split(".")
    sign = tenant.signing_key.sign
    headers = [
        sign({"alg": "RS256", "typ": "JWT", "kid": f"made-up-{n}"}, {}).partition(".")[0]
        for n in range(count)
    ]
    rejected = _count_rejected(app, [f"{header}.{payload}.{signature}" for header in headers])
    return {"fetches": tenant.requests[JWKS_PATH] - before, "rejected": rejected, "tokens": count}


def _rotation(peer: Peer, tenant: Tenant) -> Counts:
    """Count for tokens of a new key, which the tenant adds a second after the app's first fetch."""
    app = peer.make_app(tenant.domain, tenant.audience)
    _warm_up(app, tenant)
    before = tenant.requests[JWKS_PATH]
    time.sleep(_SECONDS_BEFORE_ROTATION)
    rotate_key(tenant)
    rejected = _count_rejected(app, [user_token(tenant)] * THREADS)
    return {"fetches": tenant.requests[JWKS_PATH] - before, "rejected": rejected, "tokens": THREADS}


def _warm_up(app: Flask, tenant: Tenant) -> None:
    if _count_rejected(app, [user_token(tenant)]):
        raise RuntimeError(f"{app.name} rejects a valid token.")


def _count_rejected(app: Flask, tokens: Sequence[str]) -> int:
    """Send the tokens from threads that start together; return how many are not accepted."""
    barrier = threading.Barrier(min(THREADS, len(tokens)))
    this_thread = threading.local()

    def is_rejected(token: str) -> bool:
        if not hasattr(this_thread, "started"):
            this_thread.started = True
            barrier.wait()
        response = app.test_client().get("/private", headers=authorization(token))
        return response.status_code != 200

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(is_rejected, tokens))
