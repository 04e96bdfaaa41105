"""Secure by default: every endpoint says who may call it, or is not served."""

from flask import Flask, request

from .decorators import BARE, DECISION, Decision


class UndecidedEndpoint(Exception):
    """An endpoint that does not say who may call it."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(
            f"The endpoint {endpoint!r} does not say who may call it. Put one of these right above"
            " the view and below the route: @requires_auth, @requires_scope(…),"
            " @requires_permission(…), or @public to let anyone in; public(blueprint) lets anyone"
            " into all of a blueprint."
        )


def refuse_undecided(app: Flask) -> None:
    """Check every endpoint that the app has now, and from now on the one of each request.

    Raises:
        UndecidedEndpoint: a view says nothing; as a request comes in, that is a 500.
    """
    for endpoint in app.view_functions:
        decision_of(app, endpoint)

    @app.before_request
    def refuse_endpoint_added_later() -> None:
        if request.endpoint is not None:
            decision_of(app, request.endpoint)


def decision_of(app: Flask, endpoint: str) -> Decision:
    """Return who may call an endpoint: what its view says, else what its blueprint does.

    Raises:
        UndecidedEndpoint: neither says anything.
    """
    view = app.view_functions[endpoint]
    decision: Decision | None = getattr(view, DECISION, None)
    if decision is None and not hasattr(view, BARE):  # its decorator stands above the route
        blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
        decision = getattr(blueprint, DECISION, None)
    if decision is None:
        raise UndecidedEndpoint(endpoint)
    return decision
