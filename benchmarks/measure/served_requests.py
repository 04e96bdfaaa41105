"""Requests per second and latency of each peer's app under gunicorn.

Every app has the workers and threads of the rendered gunicorn.conf.py. This template is served with
that file, so it logs each request as in production; the peers have gunicorn's access log or none.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from ..peers.all_peers import PEERS
from .serving import EIGHT_THREADS, start_server
from .summaries import Summary, ratio, summarize
from .testbed import Testbed
from .wrk import Load, Loaded

CONNECTIONS = 16
"""As many as the workers have threads."""

ACCESS_LOG = (*EIGHT_THREADS, "--access-logfile", "-")

Loads = Mapping[str, Sequence[Loaded]]
"""By peer, with one load for each round."""


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Load `/public` and `/private` of each peer with a log, and `/private` without one.

    Raises:
        RuntimeError: a server does not start, or a request fails.
    """
    rounds = 3 if quick else 13
    production = (*EIGHT_THREADS, "--config", str(testbed.project / "gunicorn.conf.py"))
    commands = dict.fromkeys(PEERS, ACCESS_LOG) | {"this_template": production}
    others = {peer: EIGHT_THREADS for peer in PEERS if peer != "this_template"}
    with ExitStack() as stack:

        def start(peer: str, command: Sequence[str]) -> Load:
            server = start_server(testbed, command, f"peer_app('{peer}')", "/public")
            return Load(stack.enter_context(server).url, CONNECTIONS, testbed.token)

        logging = {peer: start(peer, command) for peer, command in commands.items()}
        silent = {peer: start(peer, command) for peer, command in others.items()}
        public, private, unlogged = _load_in_turns(
            [(logging, "/public"), (logging, "/private"), (silent, "/private")], rounds
        )
    return {
        "public": _summaries(public),
        "private": _summaries(private),
        "private_without_log": _summaries(unlogged),
        "private_to_public": {
            peer: ratio(_rates(private[peer]), _rates(public[peer])) for peer in PEERS
        },
        "private_to_authlib": ratio(
            _rates(private["this_template"]), _rates(private["authlib_resource_protector"])
        ),
    }


def _load_in_turns(
    groups: Sequence[tuple[Mapping[str, Load], str]], rounds: int
) -> list[dict[str, list[Loaded]]]:
    """Load the path of each group, one server at a time: the others idle. The first round is a warm-up."""
    found: list[dict[str, list[Loaded]]] = [{peer: [] for peer in loads} for loads, _ in groups]
    for _ in range(rounds + 1):
        for (loads, path), into in zip(groups, found, strict=True):
            for peer, load in loads.items():
                into[peer].append(load.run(path))
    return [{peer: loaded[1:] for peer, loaded in into.items()} for into in found]


def _rates(loaded: Sequence[Loaded]) -> tuple[float, ...]:
    return tuple(one.per_second for one in loaded)


def _summaries(loads: Loads) -> dict[str, dict[str, Summary]]:
    return {
        peer: {
            "per_second": summarize(_rates(loaded)),
            "p99_ms": summarize([one.p99_ms for one in loaded]),
        }
        for peer, loaded in loads.items()
    }
