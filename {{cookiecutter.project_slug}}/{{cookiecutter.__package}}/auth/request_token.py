"""The access token of the current request: verified once, checked by policies, read by views."""

from typing import cast

from flask import current_app, request
from werkzeug.local import LocalProxy

from .bearer import read_bearer
from .policies import Access, Policy, declared_by
from .rejections import AUTHORIZATION_MISSING, VERIFIED, Rejection, Unauthenticated
from .tokens import AccessToken, TokenVerifier

ENFORCED = "auth0_enforced_policy"  # of the request object, set by the gate
EXTENSION = "auth0"  # app.extensions["auth0"] is the app's TokenVerifier


def authorize(policy: Policy) -> None:
    """Raise Rejection unless a policy allows the current request."""
    if policy.access is Access.PUBLIC:
        return
    try:
        token = _verify_once()
        if token is not None:
            policy.check(token)
        elif policy.access is Access.REQUIRED:
            raise Unauthenticated(AUTHORIZATION_MISSING)
    except Rejection as rejection:
        rejection.scope = policy.scope
        raise


def authorize_call(policy: Policy) -> None:
    """Authorize the call of a guarded function, unless its caller may be a wrapper that hides it.

    If a view has no policy of its own, and its blueprint requires less, a cache could be in between.
    """
    authorize(policy)
    if policy.access is Access.PUBLIC:
        return
    enforced: Policy = getattr(request, ENFORCED, policy)
    if enforced is not policy and not enforced.covers(policy):
        view = current_app.view_functions[str(request.endpoint)]
        if not declared_by(view, request.method):
            raise RuntimeError(
                f"{request.endpoint!r} has no policy of its own and calls a function that requires"
                " more than its blueprint: put a policy on the view, or use functools.wraps in the"
                " decorator between the two."
            )


def optional_token() -> AccessToken | None:
    """Return the verified token; None for an anonymous caller, and in every public view."""
    return getattr(request, VERIFIED, None)


def _require_token() -> AccessToken:
    token = optional_token()
    if token is None:
        raise RuntimeError(
            "There is no current_token here. Decorate the view with @requires_auth or another"
            " decorator that requires a token; with @optional_auth, call optional_token()."
        )
    return token


current_token = cast(AccessToken, LocalProxy(_require_token))
"""The verified access token of the request, in a view that requires one."""


def _verify_once() -> AccessToken | None:
    """Return the token of the request, verified the first time; None without the header."""
    if not hasattr(request, VERIFIED):
        verifier: TokenVerifier = current_app.extensions[EXTENSION]
        bearer = read_bearer(request.headers.get("Authorization"))
        setattr(request, VERIFIED, verifier.verify(bearer) if bearer is not None else None)
    return optional_token()
