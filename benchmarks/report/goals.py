"""The goals for the figures, and whether they are reached."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .figures import Figures, numbers

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "≤": operator.le,
    "=": operator.eq,
    "≥": operator.ge,
}


@dataclass(frozen=True)
class Goal:
    """A limit for the figure at a path, or for its ratio to the smallest figure at `per`."""

    name: str
    figure: str
    comparison: str
    limit: float
    unit: str = ""
    per: str = ""

    def value(self, figures: Figures) -> float | None:
        """Return the worst figure at the path, or None if it was not measured.

        Raises:
            KeyError: there is no such figure.
        """
        found = numbers(figures, self.figure)
        if not found:
            return None
        worst = min(found) if self.comparison == "≥" else max(found)
        return worst / min(numbers(figures, self.per)) if self.per else worst

    def is_reached(self, value: float) -> bool:
        return _COMPARISONS[self.comparison](value, self.limit)

    def format(self, value: float) -> str:
        return f"{value:.4g} {self.unit}".rstrip()

    @property
    def target(self) -> str:
        """The comparison and the limit, such as "≤ 60 ms"."""
        return f"{self.comparison} {self.format(self.limit)}"


GOALS = (
    Goal(
        "Time to verify a new token, in RSA verifications",
        "verify/to_rsa/this_template_new_tokens/median",
        "≤",
        1.6,
    ),
    Goal(
        "Time that `@requires_auth` adds to a request, in RSA verifications there",
        "whole_requests/protection_to_rsa/this_template/median",
        "≤",
        1.9,
    ),
    Goal(
        # Not python-jose with cached keys: users would have to write that code themselves.
        "Time that `@requires_auth` adds, relative to the next best library",
        "whole_requests/protection_to_rsa/this_template/median",
        "<",
        0.5,
        per="whole_requests/protection_to_rsa/authlib_resource_protector|pyjwt_jwk_client"
        "|flask_jwt_extended_fixed_key|auth0_api_asyncio_run|auth0_api_async_view/median",
    ),
    Goal(
        "Time that `@requires_scope` adds to that, in RSA verifications there",
        "whole_requests/scope_check_to_rsa/median",
        "≤",
        0.1,
    ),
    Goal(
        "Time to verify a new token with two or five configured domains, relative to one",
        "verify/domains/2|5/to_one/median",
        "≤",
        1.02,
    ),
    Goal(
        # Some fail the last check, which takes as long as accepting them: the rest is noise.
        "Time to reject a token, relative to accepting a new one",
        "verify/rejected/*/to_accepted/median",
        "≤",
        1.05,
    ),
    Goal(
        "Time to reject a token for its format or header, in RSA verifications",
        "verify/rejected/not_signed_jwt|wrong_algorithm|no_key_id|unknown_key/to_rsa/median",
        "<",
        1.0,
    ),
    Goal(
        "Growth of that time with the length of an accepted token, as an exponent",
        "sizes/accepted_exponent",
        "≤",
        1.2,
    ),
    Goal(
        "Growth of that time with the length of a hostile token, as an exponent",
        "sizes/hostile_exponent/*",
        "≤",
        1.2,
    ),
    Goal(
        "Fetches of the JWKS when the first 32 requests arrive at once",
        "fetches/cold_start/this_template/fetches",
        "=",
        1,
    ),
    Goal(
        "Fetches of the JWKS for tokens with unknown key IDs",
        "fetches/unknown_key_ids/this_template/fetches",
        "≤",
        1,
    ),
    Goal(
        "Valid tokens rejected when the key is rotated a second after the start",
        "fetches/rotation/this_template/rejected",
        "=",
        0,
    ),
    Goal(
        "Time of an open request with a log line and CORS, relative to a bare Flask app",
        "complete_requests/open_to_bare/median",
        "≤",
        1.2,
    ),
    Goal(
        "Time of a private request with both, relative to a bare Flask app with Authlib",
        "complete_requests/private_to_authlib/median",
        "≤",
        0.85,
    ),
    Goal(
        "Requests per second of the private endpoint, relative to the public one",
        "served_requests/private_to_public/this_template/median",
        "≥",
        0.75,
    ),
    Goal(
        "Private requests per second under gunicorn, relative to Authlib with an access log",
        "served_requests/private_to_authlib/median",
        "≥",
        1.15,
    ),
    Goal(
        "Import time of the API, without its dependencies",
        "server/import_ms/added/median",
        "≤",
        60,
        "ms",
    ),
    Goal(
        "Memory of a worker, relative to a bare Flask app",
        "server/memory/to_bare",
        "≤",
        1.15,
    ),
)


def missed(figures: Figures) -> list[str]:
    """Describe each missed goal. Figures that were not measured miss none."""
    values = [(goal, goal.value(figures)) for goal in GOALS]
    return [
        f"{goal.name}: {goal.format(value)}, expected {goal.target}"
        for goal, value in values
        if value is not None and not goal.is_reached(value)
    ]
