"""Access policies: what they are, and which one applies to an endpoint and method.

Resolution runs outwards: function, class and bases, blueprints from inner to outer. Requirements
add up until a level is open, which has an effect only if no level before it requires a token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from itertools import takewhile
from typing import Literal

from flask.views import MethodView, View

from . import rejections
from .rejections import InsufficientScope
from .tokens import AccessToken

POLICY = "access_policy"  # the attribute of functions, classes and blueprints
ABOVE_ROUTE = "access_policy_above_route"  # on a function: the policy of a decorator around it

ClaimValue = str | int | float

_REASONS = {
    "scope": rejections.INSUFFICIENT_SCOPE,
    "permission": rejections.INSUFFICIENT_PERMISSIONS,
    "claim": rejections.INSUFFICIENT_CLAIMS,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a token must contain: at least one of these scopes, permissions or claim values."""

    kind: Literal["scope", "permission", "claim"]
    values: tuple[ClaimValue, ...]
    claim: str = ""  # the claim's name, if the kind is claim

    def is_met_by(self, token: AccessToken) -> bool:
        if self.kind != "claim":
            names = token.scopes if self.kind == "scope" else token.permissions
            return not names.isdisjoint(self.values)
        claim = token.verified.get(self.claim)
        held = [(type(each), each) for each in (claim if isinstance(claim, list) else [claim])]
        return any((type(value), value) in held for value in self.values)  # True is not 1

    def __str__(self) -> str:
        values = " or ".join(map(str, self.values))
        return f"the {self.kind} {self.claim + '=' if self.claim else ''}{values}"


class Access(IntEnum):
    """Who may call, from open to strict."""

    PUBLIC = 0  # anyone
    OPTIONAL = 1  # anyone, but a token, if sent, must be valid
    REQUIRED = 2  # holders of a valid token


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call an endpoint, and what the token must contain."""

    access: Access
    requirements: tuple[Requirement, ...] = ()

    @property
    def scope(self) -> str:
        """The scopes that a client should request, space-separated; the first of alternatives."""
        first = (str(each.values[0]) for each in self.requirements if each.kind == "scope")
        return " ".join(dict.fromkeys(first))

    def check(self, token: AccessToken) -> None:
        """Raise InsufficientScope unless the token meets every requirement."""
        for requirement in self.requirements:
            if not requirement.is_met_by(token):
                raise InsufficientScope(_REASONS[requirement.kind])

    def __and__(self, other: "Policy") -> "Policy":
        """Return a policy with the requirements of both."""
        return Policy(max(self.access, other.access), self.requirements + other.requirements)

    def covers(self, other: "Policy") -> bool:
        """Whether this policy requires at least what the other requires."""
        return self.access >= other.access and {*self.requirements} >= {*other.requirements}


def resolve(
    view: object, method: str, blueprints: Sequence[object], by_name: Sequence[Policy]
) -> Policy | None:
    """Return a view's policy, if any. `blueprints`: inner to outer; `by_name`: of set_policy."""
    own = declared_by(view, method)
    # If the view has none, an open policy by name comes last: class and blueprints override it.
    named = [each for each in by_name if own or each.access is Access.REQUIRED]
    levels: list[Sequence[Policy]] = [[*own, *named]]
    for chain in (getattr(view, "view_class", object).__mro__, blueprints):
        for index, each in enumerate(chain):
            policy = vars(each).get(POLICY)
            # Requirements are inherited; only the class itself and the nearest blueprint can open.
            if policy and (index == 0 or policy.access is Access.REQUIRED):
                levels.append([policy])
    found = [reduce(Policy.__and__, level) for level in (*levels, by_name) if level]
    required = [*takewhile(lambda policy: policy.access is Access.REQUIRED, found)]
    return reduce(Policy.__and__, required or found[:1]) if found else None


def functions(view: object, method: str) -> list[object]:
    """Return the functions that may have a policy: the view and those that its class calls."""
    cls: type[View] | None = getattr(view, "view_class", None)
    if not isinstance(cls, type):
        return [view]
    name = "get" if method == "HEAD" and not hasattr(cls, "head") else method.lower()
    handler = getattr(cls, name, None) if issubclass(cls, MethodView) else None
    # Flask-RESTful and Flask-RESTX apply these only while they dispatch.
    decorators = getattr(cls, "method_decorators", ())
    if isinstance(decorators, Mapping):
        decorators = decorators.get(name, ())
    return [view, cls.dispatch_request, handler, *decorators]


def declared_by(view: object, method: str) -> list[Policy]:
    """Return the policies of a view's functions, without those of classes and blueprints."""
    return [policy for each in functions(view, method) if (policy := declared_on(each))]


def declared_on(function: object, attribute: str = POLICY) -> Policy | None:
    """Return the policy that decorators have put on a function."""
    policy = getattr(function, attribute, None)
    return policy if isinstance(policy, Policy) else None


def is_above_route(view: object) -> bool:
    """Whether a decorator above the route requires more of this view than those below it."""
    wrapped, own = declared_on(view, ABOVE_ROUTE), declared_on(view)
    return wrapped is not None and not (own and own.covers(wrapped))
