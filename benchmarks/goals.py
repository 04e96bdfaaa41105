"""What the figures have to reach, as data, and the judgement whether they do.

A figure is named by its path, `part/name/…/name`. In a path, `a|b` stands for both names, `*` for
all there are; of several figures the worst is judged.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Figures = Mapping[str, Mapping[str, object]]

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "≤": operator.le,
    "=": operator.eq,
    "≥": operator.ge,
}


@dataclass(frozen=True)
class Goal:
    """A limit to a figure, or to its ratio to the smallest figure at the path `per`."""

    name: str
    figure: str
    comparison: str
    limit: float
    unit: str = ""
    per: str = ""

    def value(self, figures: Figures) -> float | None:
        """Return the figure that is judged; None if a part that it needs was not measured.

        Raises:
            KeyError: its part was measured, and has no such figure.
        """
        found = lookup(figures, self.figure)
        if not found:
            return None
        worst = min(found) if self.comparison == "≥" else max(found)
        if not self.per:
            return worst
        base = lookup(figures, self.per)
        return worst / min(base) if base else None

    def reached(self, value: float) -> bool:
        return _COMPARISONS[self.comparison](value, self.limit)

    def show(self, value: float) -> str:
        return f"{value:.4g}{self.unit and f' {self.unit}'}"

    @property
    def demand(self) -> str:
        return f"{self.comparison} {self.show(self.limit)}"


GOALS = (
    Goal(
        "Verifying a token, in RSA verifications",
        "verify/to_raw/ours/median",
        "≤",
        1.6,
    ),
    Goal(
        "What `@requires_auth` adds to a request, in RSA verifications",
        "whole_requests/protection_to_raw/ours/median",
        "≤",
        2.5,
    ),
    Goal(
        # The lines on python-jose are no peer here: they are what one writes without a library.
        "What `@requires_auth` adds, to what the next best library adds",
        "whole_requests/protection_to_raw/ours/median",
        "<",
        0.5,
        per="whole_requests/protection_to_raw/authlib_protector|pyjwt_client"
        "|flask_jwt_extended_static|auth0_api_run|auth0_api_async/median",
    ),
    Goal(
        "What `@requires_scope` adds on top, in RSA verifications",
        "whole_requests/scoped_to_raw/median",
        "≤",
        0.1,
    ),
    Goal(
        # Some are refused at the very end: up to there they cost the same, and noise decides.
        "Verifying a token that is refused, to one that is accepted",
        "verify/refused/*/to_accepted/median",
        "≤",
        1.05,
    ),
    Goal(
        "A token refused by its shape or header, in RSA verifications",
        "verify/refused/not_a_token|hs256|no_kid|unknown_kid/to_raw/median",
        "<",
        1.0,
    ),
    Goal(
        "Exponent by which the time grows with an accepted token's length",
        "sizes/token_exponent",
        "≤",
        1.2,
    ),
    Goal(
        "Exponent by which the time grows with a hostile token's length",
        "sizes/hostile_exponent/*",
        "≤",
        1.2,
    ),
    Goal(
        "Fetches of the keys as 32 first requests come at once",
        "fetches/cold_start/ours/fetches",
        "=",
        1,
    ),
    Goal(
        "Fetches that tokens with made-up key IDs cause",
        "fetches/made_up_keys/ours/fetches",
        "≤",
        1,
    ),
    Goal(
        "Tokens refused of a key that came a second after the start",
        "fetches/rotation/ours/refused",
        "=",
        0,
    ),
    Goal(
        "Private to public requests per second under gunicorn",
        "server/protected/ours/private_to_public/median",
        "≥",
        0.75,
    ),
    Goal(
        "Import of the API, on top of what it depends on",
        "server/import_ms/added/median",
        "≤",
        60,
        "ms",
    ),
    Goal(
        "Memory of a worker, to that of a bare Flask app",
        "server/memory/to_bare",
        "≤",
        1.15,
    ),
)


def missed(figures: Figures) -> list[str]:
    """Say in a sentence each which goals are missed. What was not measured is not judged."""
    judged = [(goal, goal.value(figures)) for goal in GOALS]
    return [
        f"{goal.name}: {goal.show(value)}, where {goal.demand} is the goal."
        for goal, value in judged
        if value is not None and not goal.reached(value)
    ]


def lookup(figures: Figures, path: str) -> list[float]:
    """Return the figures at a path; none, if the part was not measured or found them None.

    Raises:
        KeyError: a part that was measured has no such figure.
    """
    part, *names = path.split("/")
    found: list[object] = [figures[part]] if part in figures else []
    for name in names:
        found = [value for inner in found for value in _below(inner, name)]
    return [float(value) for value in found if isinstance(value, int | float)]


def _below(inner: object, name: str) -> list[object]:
    if not isinstance(inner, Mapping):
        return []
    if name == "*":
        return list(inner.values())
    return [inner[key] for key in name.split("|")]
