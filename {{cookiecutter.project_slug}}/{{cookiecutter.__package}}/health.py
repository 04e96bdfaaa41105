"""Liveness and readiness probes: public, and without a request to the tenant."""

from collections.abc import Callable

from flask import Blueprint, Flask, current_app

from .auth import public, signing_keys

health = public(Blueprint("health", __name__))

_READY = "health_ready"


def init_app(app: Flask) -> None:
    app.register_blueprint(health)


def ready_while(app: Flask, condition: Callable[[], bool]) -> None:
    """Have the app report that it is not ready as soon as the condition is false."""
    app.extensions[_READY] = condition


@health.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@health.get("/readyz")
def ready() -> tuple[dict[str, str | float | None], int]:
    """Respond with 503 while shutting down, and 200 otherwise, with or without signing keys.

    Public endpoints work without keys, and an outage of the tenant affects all copies at once.
    `keys_age` is in seconds, null without keys.
    """
    is_ready = current_app.extensions.get(_READY, lambda: True)()
    state, status = ("ready", 200) if is_ready else ("stopping", 503)
    return {"status": state, "keys_age": signing_keys(current_app).age}, status
