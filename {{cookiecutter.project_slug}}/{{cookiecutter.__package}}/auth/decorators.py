"""What a view says about its callers: anyone, any valid access token, or one that may do this.

A view that says nothing is not served; `decided.py` sees to that.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import ParamSpec, TypeVar, cast

from flask import Blueprint, Request, current_app, request
from werkzeug.local import LocalProxy

from .bearer import read_bearer
from .tokens import AccessToken, TokenVerifier

P = ParamSpec("P")
R = TypeVar("R")
ViewOrBlueprint = TypeVar("ViewOrBlueprint", bound=Callable[..., object] | Blueprint)

EXTENSION = "auth0"
"""Where the app keeps its TokenVerifier: `app.extensions["auth0"]`."""

DECISION = "auth0_decision"
"""The attribute of a decided view, or blueprint: what its callers must hold."""

BARE = "auth0_bare"
"""The attribute of a view that is guarded by another one, made of it: itself it lets anyone in."""

# Each attribute asked of the proxy costs as much as six of the request that it stands for.
_request = cast("LocalProxy[Request]", request)

_VERIFIED = "auth0_access_token"  # of the request: its environ may go to another app as well
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3


@dataclass(frozen=True, slots=True)
class Decision:
    """Who may call an endpoint: anyone (`public`), or whoever holds all of these."""

    public: bool = False
    scopes: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


def public(view: ViewOrBlueprint) -> ViewOrBlueprint:
    """Let anyone call this view, or all views of this blueprint but those that demand a token."""
    if not hasattr(view, DECISION):
        setattr(view, DECISION, Decision(public=True))
    return view


def requires_auth(view: Callable[P, R]) -> Callable[P, R]:
    """Let in whoever has a valid access token, read by the view as `current_token`.

    Raises, as the view is called: a kind of AuthError, which becomes the answer.
    """
    return _guard(view, Decision())


def requires_scope(*scopes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in whoever has a valid access token with every one of these scopes.

    It authenticates by itself: `requires_auth` beside it is not needed and does no harm.

    Raises:
        TypeError: no scope is given, or something that is not one (RFC 6749 section 3.3).
    """
    decision = Decision(scopes=_names("requires_scope", scopes))
    return lambda view: _guard(view, decision)


def requires_permission(*permissions: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in whoever has a valid access token with every one of these permissions.

    Permissions come into tokens by RBAC alone: a client cannot get one by asking for it.

    Raises:
        TypeError: no permission is given, or something that is not one.
    """
    decision = Decision(permissions=_names("requires_permission", permissions))
    return lambda view: _guard(view, decision)


def authenticate() -> AccessToken:
    """Return the access token of this request; it is verified once and kept with the request.

    Raises:
        AuthError: there is none, it is refused, or the signing keys are not at hand.
    """
    request = _request._get_current_object()
    token: AccessToken | None = getattr(request, _VERIFIED, None)
    if token is None:
        verifier: TokenVerifier = current_app.extensions[EXTENSION]
        token = verifier.verify(read_bearer(request.environ.get("HTTP_AUTHORIZATION")))
        setattr(request, _VERIFIED, token)
    return token


def _current_token() -> AccessToken:
    token: AccessToken | None = getattr(_request._get_current_object(), _VERIFIED, None)
    if token is None:
        raise RuntimeError(
            "There is no current_token: this view has not asked for one."
            " Decorate it with @requires_auth, @requires_scope(…) or @requires_permission(…)."
        )
    return token


current_token = cast(AccessToken, LocalProxy(_current_token))
"""The verified access token of the request, inside a view that demands one."""


def _guard(view: Callable[P, R], decision: Decision) -> Callable[P, R]:
    scopes, permissions = decision.scopes, decision.permissions
    is_async = iscoroutinefunction(view)

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        token = authenticate()
        if scopes:
            token.require_scopes(*scopes)
        if permissions:
            token.require_permissions(*permissions)
        if is_async:
            return cast(R, current_app.ensure_sync(view)(*args, **kwargs))
        return view(*args, **kwargs)

    # Several decorators of one view add up: so does what they say of it.
    inner: Decision = getattr(view, DECISION, Decision())
    both = Decision(scopes=inner.scopes + scopes, permissions=inner.permissions + permissions)
    setattr(guarded, DECISION, both)
    with suppress(AttributeError):  # a bound method has none of its own
        setattr(view, BARE, True)
    return guarded


def _names(decorator: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or not all(
        isinstance(name, str) and _SCOPE_TOKEN.fullmatch(name) for name in names
    ):
        raise TypeError(
            f"{decorator} takes one or more names, each its own string without blanks, quotes or"
            f' backslashes, as in @{decorator}("read:messages").'
        )
    return names
