"""Whether the API is alive and ready: for whoever runs it, public, cheap, asking nobody else."""

from collections.abc import Callable

from flask import Blueprint, Flask, current_app

from .auth import public, signing_keys

health = public(Blueprint("health", __name__))

_READY = "health_ready"


def init_app(app: Flask) -> None:
    app.register_blueprint(health)


def ready_while(app: Flask, condition: Callable[[], bool]) -> None:
    """Have the app say that it is not ready as soon as the condition is false."""
    app.extensions[_READY] = condition


@health.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@health.get("/readyz")
def ready() -> tuple[dict[str, str | float | None], int]:
    """Say 503 while shutting down, and 200 otherwise, whether or not there are keys.

    Without keys the public endpoints still answer, and every copy of the API would be without them
    at the same time. `keys_age` is in seconds, null when there are none.
    """
    condition = current_app.extensions.get(_READY)
    age = signing_keys(current_app).age
    state, status = ("ready", 200) if condition is None or condition() else ("stopping", 503)
    return {"status": state, "keys_age": age}, status
