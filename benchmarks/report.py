"""Writes the figures down: all of them as JSON, what they say as Markdown, one picture as SVG."""

import json
from collections.abc import Mapping
from pathlib import Path

from .goals import GOALS, Figures, lookup, missed
from .machine import Machine, this_machine
from .plot import draw
from .tables import names, rate, show, table

NAME = "benchmarks"


def write(figures: dict[str, dict[str, object]], docs: Path) -> list[str]:
    """Write benchmarks.json, .md and, if whole requests were measured, .svg; return `missed`."""
    docs.mkdir(parents=True, exist_ok=True)
    machine = this_machine()
    everything = json.dumps({"machine": machine, **figures}, indent=2, ensure_ascii=False)
    (docs / f"{NAME}.json").write_text(f"{everything}\n", encoding="utf-8")
    if bars := _added(figures):
        draw(bars, docs / f"{NAME}.svg")
    (docs / f"{NAME}.md").write_text(_page(figures, machine), encoding="utf-8")
    return missed(figures)


def _added(figures: Figures) -> dict[str, tuple[str, float]]:
    """Return by peer its title, and what it adds to a request, in RSA verifications."""
    path, titles = "whole_requests/protection_to_raw", _titles(figures)
    return {
        peer: (titles[peer], lookup(figures, f"{path}/{peer}/median")[0])
        for peer in names(figures, path)
    }


def _page(figures: Figures, machine: Machine) -> str:
    sections = (
        "# How fast it is",
        _peers(figures),
        _goals(figures),
        _servers(figures),
        _sizes(figures),
        _set_up(figures),
        _method(figures, machine),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _peers(figures: Figures) -> str:
    titles = _titles(figures)
    if not titles:
        return ""
    heads = (
        "",
        "Verifying a token",
        "Added to a request",
        "Private to public",
        "Fetches at a cold start",
        "Refused after a rotation",
    )
    columns = (
        ("verify/to_raw/{}/median", ".2f"),
        ("whole_requests/protection_to_raw/{}/median", ".2f"),
        ("server/protected/{}/private_to_public/median", ".2f"),
        ("fetches/cold_start/{}/fetches", ".0f"),
        ("fetches/rotation/{}/refused", ".0f"),
    )
    rows = [
        (title, *(show(figures, path.format(peer), form) for path, form in columns))
        for peer, title in titles.items()
    ]
    picture = f"![What protecting an endpoint adds to a request]({NAME}.svg)\n\n"
    return f"""\
Beside the other ways to protect a Flask API, each as its own documentation has it done. The first
two columns are in RSA verifications, the check of a signature alone, of which no way to verify a
token can do without one. Private to public: how many times the requests per second of an open
endpoint a protected one reaches under gunicorn. The last two are counts: how often the tenant's
keys are fetched as 32 first requests come at once, and how many of as many tokens are refused whose
key came up a second after the first request.

{table(heads, rows)}

{picture if _added(figures) else ""}{_RAW.format(*(show(figures, path, ".1f") for path in _RAW_FIGURES))}"""


_RAW = """\
An RSA verification took {} µs. A dash: there is no such thing, or it was not measured. What is
added is what a protected endpoint takes beyond an open one of the same app. An open endpoint of the
rendered API, which sees to undecided endpoints and to caches, takes {} µs, one of a bare app {} µs."""

_RAW_FIGURES = (
    "verify/raw_us/median",
    "whole_requests/public_us/ours/median",
    "whole_requests/public_us/kept_key/median",
)


def _goals(figures: Figures) -> str:
    rows = []
    for goal in GOALS:
        value = goal.value(figures)
        if value is None:
            rows.append((goal.name, "not measured", goal.demand, ""))
        else:
            mark = "✓" if goal.reached(value) else "✗ missed"
            rows.append((goal.name, goal.show(value), goal.demand, mark))
    return f"""\
## Goals

Where a goal is about several figures, this is the worst of them.

{table(("", "Figure", "Goal", ""), rows)}"""


def _servers(figures: Figures) -> str:
    models = names(figures, "server/models")
    if not models:
        return ""
    rows = [
        (model, *(rate(figures, f"server/models/{model}/{kind}") for kind in _KINDS))
        for model in models
    ]
    return f"""\
## Under a server

Requests per second of the rendered API, with two workers and 32 connections that are kept alive:
the public endpoint, and a view that waits 20 ms. In brackets the quartiles.

{table(("", "Public endpoint", "Waiting 20 ms"), rows)}

They scatter where the workers share a socket: a connection stays with the worker that took it, and
at times one takes nearly all and another idles. With a socket each (`--reuse-port`), the kernel
spreads the connections.

A gunicorn worker of the API takes {show(figures, "server/memory/ours_mib", ".1f")} MiB
(proportional set size), one of a bare Flask app which imports requests, and of cryptography what
python-jose imports,
{show(figures, "server/memory/bare_mib", ".1f")} MiB. Importing the API and making the app takes
{show(figures, "server/import_ms/added/median", ".0f")} ms on top of the
{show(figures, "server/import_ms/dependencies/median", ".0f")} ms of what it depends on."""


_KINDS = ("public_per_second", "slow_per_second")


def _sizes(figures: Figures) -> str:
    sizes = names(figures, "sizes/token")
    if not sizes:
        return ""
    shapes = names(figures, "sizes/hostile")
    paths = ["sizes/token", *(f"sizes/hostile/{shape}" for shape in shapes)]
    exponents = ["sizes/token_exponent", *(f"sizes/hostile_exponent/{shape}" for shape in shapes)]
    rows = [
        (
            name.replace("_", " "),
            *(show(figures, f"{path}/{size}/median", ".0f") for size in sizes),
            show(figures, exponent, ".2f"),
        )
        for name, path, exponent in zip(("accepted", *shapes), paths, exponents, strict=True)
    ]
    keys = [
        (count, show(figures, f"sizes/keys/{count}/median", ".0f"))
        for count in names(figures, "sizes/keys")
    ]
    scopes = [
        (
            count,
            show(figures, f"sizes/scopes/{count}/verify/median", ".0f"),
            show(figures, f"sizes/scopes/{count}/check/median", ".2f"),
        )
        for count in names(figures, "sizes/scopes")
    ]
    return f"""\
## As tokens grow

Microseconds to verify a token, or to refuse one made to be slow, by its length, and the exponent
by which the time grows (1 is in proportion to the length).

{table(("Token", *(f"{size} KB" for size in sizes), "Exponent"), rows)}

By the number of keys that the tenant has:

{table(("Keys", "Verifying, µs"), keys)}

By the number of scopes in the token:

{table(("Scopes", "Verifying, µs", "Checking one, µs"), scopes)}"""


def _set_up(figures: Figures) -> str:
    if "setup_time" not in figures:
        return ""
    first = "setup_time/first_answer_seconds"
    rows = [
        ("Rendering the defaults", show(figures, "setup_time/render_seconds", ".2f")),
        (
            "From nothing to the first answer, the package cache empty",
            show(figures, f"{first}/empty_cache", ".1f"),
        ),
        (
            "From nothing to the first answer, the package cache filled",
            show(figures, f"{first}/filled_cache", ".1f"),
        ),
    ]
    return f"""\
## Setting up

The first answer is a 200 from `/api/public` of `make dev`. With an empty cache it depends on how
far the package index is.

{table(("", "Seconds"), rows)}"""


def _method(figures: Figures, machine: Machine) -> str:
    wrk = figures.get("server", {}).get("wrk", "")
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return f"""\
## How it was measured

On {machine["date"]}, {machine["cpu"]}, {machine["cores"]} cores, {machine["system"]},
{machine["python"]}, with {packages}{wrk and f", {wrk}"}.

What makes up a ratio was measured in turns on one machine, so that a busy moment falls on both
alike, and a ratio is that of two measurements next to each other in time. The figures are medians;
their quartiles are in [{NAME}.json]({NAME}.json). The tenant is the stand-in that comes with the
rendered API, on loopback, over TLS. The token is a user's, of
{show(figures, "verify/token_chars", ".0f")} characters.

Whole requests were measured in seven processes, one after the other, and each figure is the middle
of theirs: where code and data happen to lie in a process moves such a difference by a tenth. What
`@requires_scope` adds is that of the middle one of five endpoints to the middle one of five others;
what nothing adds, measured in the same way, was {show(figures, "whole_requests/nothing_to_raw/median", ".3f")}.

Under gunicorn, two workers of four threads, with a socket each, had eight connections that were
kept alive. Where they share one, as by gunicorn's default, chance moves the ratio of two slices by
a factor of two and more, which says nothing of the endpoints. Each slice of a second connected
anew; one below half of the median of its kind was repeated, with its neighbour (in all:
{sum(map(int, lookup(figures, "server/protected/*/repeats")))}).

`make bench` measures it anew."""


def _titles(figures: Figures) -> dict[str, str]:
    """Return by peer what it is called, from whichever parts were measured."""
    titles: dict[str, str] = {}
    for part in ("whole_requests", "server", "fetches", "verify"):
        found = figures.get(part, {}).get("titles", {})
        if isinstance(found, Mapping):
            titles |= {peer: title for peer, title in found.items() if peer not in titles}
    return titles
