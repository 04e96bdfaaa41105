"""A Flask API that accepts access tokens of one Auth0 tenant."""

import os
from collections.abc import Mapping

from flask import Flask

from . import (
    auth,
{%- if cookiecutter.diagnostics %}
    cli,
{%- endif %}
    cors,
    errors,
    health,
{%- if cookiecutter.api_docs %}
    openapi,
{%- endif %}
    request_logging,
    resource_metadata,
    routes,
{%- if cookiecutter.api_docs %}
    swagger_ui,
{%- endif %}
)
{%- if cookiecutter.diagnostics and cookiecutter.dpop %}
from .cli import dpop as cli_dpop
{%- endif %}
from .config import load_settings


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Create the app from the settings in the environment. Nothing is fetched yet.

    Raises:
        SettingError: a setting is empty or malformed.
        MissingPolicy: an endpoint has no access policy.
    """
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(load_settings(environ))
    auth.init_app(app)
    request_logging.init_app(app, environ)
    app.register_blueprint(routes.api)
    errors.init_app(app)
    cors.init_app(app)
    app.register_blueprint(health.health)
    resource_metadata.init_app(app)
{%- if cookiecutter.api_docs %}
    openapi.init_app(app)
    swagger_ui.init_app(app)
{%- endif %}
{%- if cookiecutter.diagnostics %}
    cli.init_app(app)
{%- endif %}
{%- if cookiecutter.diagnostics and cookiecutter.dpop %}
    cli_dpop.init_app(app)
{%- endif %}
    auth.require_policies(app)
    return app
