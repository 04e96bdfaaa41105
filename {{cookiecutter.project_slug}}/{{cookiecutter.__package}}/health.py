"""Liveness and readiness probes, which are public and never contact the tenant."""

from flask import Blueprint, current_app

from .auth import public, signing_keys

health = public(Blueprint("health", __name__))


@health.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@health.get("/readyz")
def ready() -> tuple[dict[str, object], int]:
    """Respond with 503 while shutting down, and 200 otherwise, with or without signing keys.

    Public endpoints work without keys, and an outage of the tenant affects all copies at once.
    `keys_age` is in seconds by domain, null without keys. gunicorn.conf.py sets IS_READY.
    """
    is_ready = current_app.config.get("IS_READY", lambda: True)()
    state, status = ("ready", 200) if is_ready else ("stopping", 503)
    ages = {domain: keys.age for domain, keys in signing_keys(current_app).items()}
    return {"status": state, "keys_age": ages}, status
