"""How often a tenant is asked for its keys, and who is refused meanwhile: counts, not times.

Every case has an app and a tenant of its own. What an app fetches as it is made counts as well.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from .peers import PEERS, Peer, name_of
from .site import Site, Tenant, bearer, user_token

THREADS = 32

_KEY_SET = "/.well-known/jwks.json"

_SECONDS_TO_ROTATION = 1.0


def measure(site: Site, quick: bool) -> dict[str, object]:
    """Count the requests for the key set, and the refused tokens, for every peer's app."""

    def made_up_keys(peer: Peer, tenant: Tenant) -> dict[str, object]:
        return _made_up_keys(peer, tenant, 100 if quick else 1_000)

    def for_each(case: Callable[[Peer, Tenant], dict[str, object]]) -> dict[str, object]:
        counts: dict[str, object] = {}
        for peer in PEERS:
            with site.another_tenant() as tenant:
                counts[name_of(peer)] = case(peer, tenant)
        return counts

    return {
        "titles": {name_of(peer): peer.TITLE for peer in PEERS},
        "threads": THREADS,
        "cold_start": for_each(_cold_start),
        "made_up_keys": for_each(made_up_keys),
        "rotation": for_each(_rotation),
    }


def _cold_start(peer: Peer, tenant: Tenant) -> dict[str, object]:
    """The first requests of an app come all at once."""
    app = peer.make_app(tenant.domain, tenant.audience)
    refused = _refused(app, [user_token(tenant)] * THREADS)
    return {"fetches": tenant.requests[_KEY_SET], "refused": refused}


def _made_up_keys(peer: Peer, tenant: Tenant, count: int) -> dict[str, object]:
    """Tokens name keys that the tenant never had. Only what is fetched for these is counted."""
    app = peer.make_app(tenant.domain, tenant.audience)
    _warm_up(app, tenant)
    before = tenant.requests[_KEY_SET]
    _, payload, signature = user_token(tenant).split(".")
    sign = tenant.signing_key.sign
    made_up = [
        sign({"alg": "RS256", "typ": "JWT", "kid": f"made-up-{n}"}, {}).partition(".")[0]
        for n in range(count)
    ]
    refused = _refused(app, [f"{header}.{payload}.{signature}" for header in made_up])
    return {"fetches": tenant.requests[_KEY_SET] - before, "refused": refused, "tokens": count}


def _rotation(peer: Peer, tenant: Tenant) -> dict[str, object]:
    """The tenant signs with a new key, a second after the app has fetched the old one."""
    app = peer.make_app(tenant.domain, tenant.audience)
    _warm_up(app, tenant)
    before = tenant.requests[_KEY_SET]
    time.sleep(_SECONDS_TO_ROTATION)
    tenant.rotate()
    refused = _refused(app, [user_token(tenant)] * THREADS)
    return {"fetches": tenant.requests[_KEY_SET] - before, "refused": refused, "tokens": THREADS}


def _warm_up(app: Flask, tenant: Tenant) -> None:
    if _refused(app, [user_token(tenant)]):
        raise RuntimeError(f"{app.name} refuses a good token, so its counts would mean nothing.")


def _refused(app: Flask, tokens: Sequence[str]) -> int:
    """Send the tokens from 32 threads that start together; return how many were not let in."""
    start = threading.Barrier(min(THREADS, len(tokens)))
    first = threading.local()

    def is_refused(token: str) -> bool:
        if not hasattr(first, "passed"):
            first.passed = True
            start.wait()
        return app.test_client().get("/private", headers=bearer(token)).status_code != 200

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(is_refused, tokens))
