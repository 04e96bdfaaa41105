"""The gate: policies are enforced before a request reaches a view, a cache or any other hook.

The app does not start if an endpoint has no policy; an endpoint added later responds with 500.
"""

import logging
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import accumulate

from flask import Flask, Response
from werkzeug.exceptions import InternalServerError, SecurityError
from werkzeug.routing import Rule

from ..errors import current_request, error_response
from .decorators import PolicyDecorator
from .hidden_policies import find_hidden_policy
from .policies import Policy, is_above_route, resolve
from .rejections import Rejection
from .request_token import ENFORCED, authorize

_BY_NAME = "auth0_policies_by_name"  # in app.extensions: patterns and policies
_RESOLVED = "auth0_policies_resolved"  # view and policy by endpoint and method

_log = logging.getLogger(__name__)


class MissingPolicy(Exception):
    """Endpoints without a policy, or a policy set by name that matches no endpoint."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__(
            "\n  ".join(("Access policies and endpoints do not match:", *problems))
            + '\nPut @public, @optional_auth, @requires_auth, @requires_scope("read:messages") or'
            " another policy of auth right below the route, on the class or on the blueprint. For a"
            ' view of an extension, name the endpoint: set_policy(app, "endpoint", public).'
        )


def init_app(app: Flask) -> None:
    """Put the gate before all existing hooks. Hooks that are added later run after it anyway."""
    app.extensions[_BY_NAME] = []
    app.extensions[_RESOLVED] = {}
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: _enforce(app))


def set_policy(app: Flask, endpoint: str, policy: PolicyDecorator) -> None:
    """Set the policy of views that are not yours, before or after they are registered.

    `endpoint` may be a pattern as in `fnmatch`, such as `"api-docs.*"`. Requirements add to those
    of the view, its class and its blueprints; a name cannot open these. Raises TypeError.
    """
    if not isinstance(endpoint, str) or not isinstance(policy, PolicyDecorator):
        expected = 'the name of an endpoint and a policy, such as requires_scope("read:messages")'
        raise TypeError(f"set_policy got {endpoint!r} and {policy!r}: expected {expected}.")
    app.extensions[_BY_NAME].append((endpoint, policy.access_policy))
    app.extensions[_RESOLVED].clear()


def require_policies(app: Flask) -> None:
    """Raise MissingPolicy if an endpoint has no policy, or a policy set by name has no endpoint."""
    found = [_find(app, rule.endpoint, method) for rule, method in _routes(app)]
    problems = [problem for problem in found if isinstance(problem, str)]
    for pattern, _ in app.extensions[_BY_NAME]:
        if not any(fnmatchcase(endpoint, pattern) for endpoint in app.view_functions):
            problems.append(f"set_policy(app, {pattern!r}, …) matches no endpoint")
    if problems:
        raise MissingPolicy(dict.fromkeys(problems))


def policies(app: Flask) -> Iterator[tuple[Rule, str, Policy]]:
    """Yield every route and method that has a policy."""
    for rule, method in _routes(app):
        if isinstance(found := _find(app, rule.endpoint, method), Policy):
            yield rule, method, found


def _find(app: Flask, endpoint: str, method: str) -> Policy | str:
    """Return the policy, or the reason why there is none."""
    view, resolved = app.view_functions[endpoint], app.extensions[_RESOLVED]
    known_view, known = resolved.get((endpoint, method), (None, None))
    if known_view is view and isinstance(known, Policy):  # views may be replaced
        return known
    by_name = [each for name, each in app.extensions[_BY_NAME] if fnmatchcase(endpoint, name)]
    names = [*accumulate(endpoint.split(".")[:-1], "{}.{}".format)]
    blueprints = [app.blueprints[name] for name in reversed(names) if name in app.blueprints]
    policy = resolve(view, method, blueprints, by_name)
    place = f"{endpoint!r} ({method})"
    if hidden := find_hidden_policy(view, method, policy):
        return f"{place} hides the policy of {hidden}: use functools.wraps in its decorator"
    if is_above_route(view):
        return f"{place} has no policy: its decorator is above the route; move it below"
    if policy is None:
        return f"{place} has no policy"
    resolved[endpoint, method] = view, policy
    return policy


def _routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield the routes that the gate guards, without rules that only build URLs or have no view."""
    for rule in app.url_map.iter_rules():
        if not rule.build_only and rule.endpoint in app.view_functions:
            methods = sorted(rule.methods or ["GET"])
            yield from ((rule, each) for each in methods if not _is_automatic(rule, each))


def _is_automatic(rule: Rule, method: str) -> bool:
    """Whether Flask itself responds: the same condition as in its `dispatch_request`."""
    return method == "OPTIONS" and getattr(rule, "provide_automatic_options", False)


def _enforce(app: Flask) -> Response | None:
    """Return a rejection; if it were raised, error handlers of blueprints could replace it."""
    request = current_request()
    rule, method = request.url_rule, request.method
    if rule is None and isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception  # the host is not in TRUSTED_HOSTS: no later hook runs
    if rule is None or _is_automatic(rule, method):  # None: 404, 405, a redirect
        return None
    policy = _find(app, rule.endpoint, method)
    if isinstance(policy, str):
        _log.error("%s", MissingPolicy([policy]))
        return error_response(500, "internal_server_error", InternalServerError.description)
    try:
        authorize(app, policy)
    except Rejection as rejection:
        return rejection.get_response()
    setattr(request, ENFORCED, policy)
    return None
