"""Liveness and readiness probes: public, and without a request to the tenant."""

from flask import Blueprint, Flask, current_app

from .auth import public, signing_keys

health = public(Blueprint("health", __name__))


def init_app(app: Flask) -> None:
    app.register_blueprint(health)


@health.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@health.get("/readyz")
def ready() -> tuple[dict[str, str | float | None], int]:
    """Respond with 503 while shutting down, and 200 otherwise, with or without signing keys.

    Public endpoints work without keys, and an outage of the tenant affects all copies at once.
    `keys_age` is in seconds, null without keys. gunicorn.conf.py sets IS_READY.
    """
    is_ready = current_app.config.get("IS_READY", lambda: True)()
    state, status = ("ready", 200) if is_ready else ("stopping", 503)
    return {"status": state, "keys_age": signing_keys(current_app).age}, status
