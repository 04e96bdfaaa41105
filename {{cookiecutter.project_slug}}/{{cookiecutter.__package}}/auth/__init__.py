"""Protects the endpoints of a Flask app with Auth0's access tokens. Routes import from here."""

from collections.abc import Mapping, Set
from typing import cast

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from . import {% if cookiecutter.dpop %}dpop, {% endif %}gate
from .decorators import optional_auth as optional_auth
from .decorators import public as public
from .decorators import requires_any_permission as requires_any_permission
from .decorators import requires_any_scope as requires_any_scope
from .decorators import requires_auth as requires_auth
from .decorators import requires_claim as requires_claim
from .decorators import requires_permission as requires_permission
from .decorators import requires_scope as requires_scope
from .gate import MissingPolicy as MissingPolicy
from .gate import require_policies as require_policies
from .gate import set_policy as set_policy
from .key_cache import SigningKeys
from .rejections import Forbidden as Forbidden
from .rejections import Rejection as Rejection
from .request_token import EXTENSION
from .request_token import current_token as current_token
from .request_token import optional_token as optional_token
from .tokens import AccessToken as AccessToken
from .tokens import TokenVerifier


def init_app(app: Flask) -> None:
    """Verify tokens of AUTH0_DOMAIN for AUTH0_AUDIENCE and enforce policies. Fetch nothing yet."""
    issuers = [f"https://{domain}/" for domain in app.config["AUTH0_DOMAIN"]]
    keys = {issuer: SigningKeys(f"{issuer}.well-known/jwks.json") for issuer in issuers}
    app.extensions[EXTENSION] = TokenVerifier(keys, app.config["AUTH0_AUDIENCE"])
{%- if cookiecutter.dpop %}
    dpop.init_app(app)
{%- endif %}
    gate.init_app(app)
    for rejection in Rejection.__subclasses__():
        app.register_error_handler(rejection, Rejection.get_response)
    write = DefaultJSONProvider.default  # scopes and permissions are sets, which JSON lacks
    json = cast("DefaultJSONProvider", app.json)
    json.default = lambda value: sorted(value) if isinstance(value, Set) else write(value)


def signing_keys(app: Flask) -> Mapping[str, SigningKeys]:
    """Return the cached signing keys of the app's tenant, by domain."""
    verifier: TokenVerifier = app.extensions[EXTENSION]
    return dict(zip(app.config["AUTH0_DOMAIN"], verifier.issuers.values(), strict=True))
