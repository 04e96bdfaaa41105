"""auth0-api-python in a plain Flask view, with asyncio.run, as in Auth0's current quickstart."""

import asyncio
from collections.abc import Callable

from auth0_api_python import ApiClient, ApiClientOptions
from auth0_api_python.errors import BaseAuthError
from flask import Flask

from .plain_flask import protected_app

TITLE = "Auth0's current Flask quickstart"


def make_verifier(domain: str, audience: str) -> Callable[[str], dict[str, object]]:
    client = ApiClient(ApiClientOptions(domain=domain, audience=audience))

    def verify(token: str) -> dict[str, object]:
        claims: dict[str, object] = asyncio.run(client.verify_access_token(access_token=token))
        return claims

    return verify


def make_app(domain: str, audience: str) -> Flask:
    return protected_app(make_verifier(domain, audience), BaseAuthError)
