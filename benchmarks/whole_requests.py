"""What protecting an endpoint adds to a request through Flask, whichever way it is done.

The requests come from Flask's test client: no socket and no server, which `server` measures.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from flask import Flask

from .answer import hello
from .peers import PEERS, name_of, ours
from .site import Site, bearer, refused_tokens
from .stopwatch import (
    Call,
    Pace,
    Samples,
    alternate,
    difference_ratio,
    microseconds,
    middle_call,
    ratio,
)
from .verify import RAW, raw_check

_EQUALS = 5
"""How many endpoints have the same decorator where a hundredth of a request is looked for."""


def measure(site: Site, quick: bool) -> dict[str, object]:
    """Time GET /public and GET /private of every peer with a good token, of ours with bad ones."""
    pace = Pace.of(quick, rounds=30, seconds_per_slice=0.02)
    good = bearer(site.token)
    apps = {name_of(peer): peer.make_app(site.domain, site.audience) for peer in PEERS}
    template = apps[name_of(ours)]
    refused: dict[str, Mapping[str, str]] = {
        name: bearer(token) for name, token in refused_tokens(site.tenant).items()
    }
    refused["missing"] = {}
    calls = {RAW: raw_check(site.tenant)}
    for name, app in apps.items():
        calls[f"private {name}"] = _get(app, "/private", good, 200)
        calls[f"public {name}"] = _get(app, "/public", good, 200)
    for name, headers in refused.items():
        calls[f"refused {name}"] = _get(template, "/private", headers, 401)
    taken = alternate(calls, pace.rounds, pace.seconds_per_slice)
    return {
        "titles": {name_of(peer): peer.TITLE for peer in PEERS},
        **_figures(taken, list(apps), list(refused)),
        **_scope_check(site, good, calls[RAW], pace),
    }


def _scope_check(
    site: Site, headers: Mapping[str, str], raw: Call, pace: Pace
) -> dict[str, object]:
    """Time what demanding a scope adds to demanding a token, and what adding nothing seems to add.

    Two endpoints with the same decorator differ by nearly as much as is looked for, by where their
    code and data lie. So there are several of each kind, and the middle of them counts.
    """
    app = ours.make_app(site.domain, site.audience)
    auth: Any = importlib.import_module("messages_api.auth")
    kinds = {
        "token": auth.requires_auth,
        "again": auth.requires_auth,
        "scope": auth.requires_scope("read:messages"),
    }

    def view() -> dict[str, object]:
        return hello(auth.current_token.subject)

    paths = {(kind, number): f"/{kind}/{number}" for number in range(_EQUALS) for kind in kinds}
    for (kind, _), path in paths.items():
        app.add_url_rule(path, path, kinds[kind](view))
    calls = {RAW: raw, **{path: _get(app, path, headers, 200) for path in paths.values()}}
    # More rounds than whole requests need, and shorter ones.
    taken = alternate(calls, 15 * pace.rounds, pace.seconds_per_slice / 5)
    token, again, scope = (
        middle_call([taken[paths[kind, number]] for number in range(_EQUALS)]) for kind in kinds
    )
    return {
        "scoped_to_raw": difference_ratio(scope, token, taken[RAW]),
        "nothing_to_raw": difference_ratio(again, token, taken[RAW]),
    }


def _figures(
    taken: Mapping[str, Samples], peers: list[str], refused: list[str]
) -> dict[str, object]:
    raw, accepted = taken[RAW], taken[f"private {name_of(ours)}"]
    return {
        "raw_us": microseconds(raw),
        "protection_to_raw": {
            name: difference_ratio(taken[f"private {name}"], taken[f"public {name}"], raw)
            for name in peers
        },
        "public_us": {name: microseconds(taken[f"public {name}"]) for name in peers},
        "private_us": {name: microseconds(taken[f"private {name}"]) for name in peers},
        "accepted_us": microseconds(accepted),
        "refused_us": {name: microseconds(taken[f"refused {name}"]) for name in refused},
        "refused_to_accepted": {
            name: ratio(taken[f"refused {name}"], accepted) for name in refused
        },
    }


def _get(app: Flask, path: str, headers: Mapping[str, str], expected: int) -> Call:
    """Return the call that sends one request, after one whose answer was looked at."""
    client = app.test_client()
    status = client.get(path, headers=headers).status_code
    if status != expected:
        raise RuntimeError(f"{app.name} answers {path} with {status} rather than {expected}.")
    return lambda: client.get(path, headers=headers)
