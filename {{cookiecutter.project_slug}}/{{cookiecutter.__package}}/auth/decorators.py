"""Decorators that declare access policies. Invalid scope names raise TypeError (RFC 6749, 3.3)."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from inspect import iscoroutinefunction, ismethod
from typing import Any, Literal, TypeVar, cast

from flask import Blueprint
from flask.views import View

from .policies import ABOVE_ROUTE, POLICY, Access, ClaimValue, Policy, Requirement, declared_on
from .request_token import authorize_call

Target = TypeVar("Target", bound=Callable[..., Any] | Blueprint)

_NAME = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3, scope-token


class PolicyDecorator:
    """Declares who may call a function, class or blueprint. Functions also check direct calls."""

    def __init__(self, access: Access, *requirements: Requirement) -> None:
        self.access_policy = Policy(access, requirements)  # the attribute that POLICY names

    def __call__(self, target: Target) -> Target:
        """Decorate a target. TypeError for another kind, or if it has a contradictory policy."""
        if isinstance(target, Blueprint) or (isinstance(target, type) and issubclass(target, View)):
            setattr(target, POLICY, self._added_to(target, vars(target).get(POLICY)))
            return target
        if isinstance(target, type | staticmethod | classmethod) or not callable(target):
            expected = "a function, a method, a subclass of flask.views.View, or a Blueprint"
            raise TypeError(f"{target!r} cannot have an access policy: expected {expected}.")
        return cast("Target", self._guard(target))

    def _added_to(self, target: object, existing: Policy | None) -> Policy:
        policy = self.access_policy
        if existing is None:
            return policy
        # Flask-RESTX and Flask-RESTful decorate bound methods at each request: too late to raise.
        if policy.access is not existing.access and not ismethod(target):
            names = f"{existing.access.name.lower()} and {policy.access.name.lower()}"
            raise TypeError(f"{target!r} cannot be both {names}: remove one of the decorators.")
        return policy & existing

    def _guard(self, view: Callable[..., Any]) -> object:
        policy = self.access_policy
        combined = self._added_to(view, declared_on(view))

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            authorize_call(policy)
            return view(*args, **kwargs)

        @wraps(view)
        async def guarded_async(*args: Any, **kwargs: Any) -> Any:
            authorize_call(policy)
            return await view(*args, **kwargs)

        decorated = guarded_async if iscoroutinefunction(view) else guarded
        setattr(decorated, POLICY, combined)
        vars(decorated).pop(ABOVE_ROUTE, None)
        with suppress(AttributeError, TypeError):  # built-in functions, objects with slots
            setattr(getattr(view, "__func__", view), ABOVE_ROUTE, combined)
        return decorated


public = PolicyDecorator(Access.PUBLIC)
"""Anyone may call the endpoint. No token is read."""

optional_auth = PolicyDecorator(Access.OPTIONAL)
"""Anyone may call it, but a token, if sent, must be valid. The view calls `optional_token()`."""

requires_auth = PolicyDecorator(Access.REQUIRED)
"""Callers need a valid access token, which the view reads as `current_token`."""


def requires_scope(*scopes: str) -> PolicyDecorator:
    """Callers need a valid access token with all of these scopes."""
    return _requires("scope", *((scope,) for scope in scopes))


def requires_any_scope(*scopes: str) -> PolicyDecorator:
    """Callers need a valid access token with at least one of these scopes."""
    return _requires("scope", scopes)


def requires_permission(*permissions: str) -> PolicyDecorator:
    """Callers need all of these permissions, which only RBAC puts into access tokens."""
    return _requires("permission", *((permission,) for permission in permissions))


def requires_any_permission(*permissions: str) -> PolicyDecorator:
    """Callers need at least one of these permissions."""
    return _requires("permission", permissions)


def requires_claim(claim: str, *values: ClaimValue) -> PolicyDecorator:
    """Callers need a valid access token with a claim that equals or lists one of these values."""
    has_both = isinstance(claim, str) and claim and values
    if not has_both or not all(isinstance(value, ClaimValue) for value in values):
        expected = 'a claim and its values, as in @requires_claim("org_id", "org_1", "org_2")'
        raise TypeError(f"requires_claim got {(claim, *values)!r}: expected {expected}.")
    return PolicyDecorator(Access.REQUIRED, Requirement("claim", values, claim))


def _requires(kind: Literal["scope", "permission"], *choices: tuple[str, ...]) -> PolicyDecorator:
    names = [name for choice in choices for name in choice]
    if not names or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        expected = f'names without spaces or quotes, as in @requires_{kind}("read:messages")'
        raise TypeError(f"A {kind} decorator got {names!r}: expected {expected}.")
    return PolicyDecorator(Access.REQUIRED, *(Requirement(kind, choice) for choice in choices))
