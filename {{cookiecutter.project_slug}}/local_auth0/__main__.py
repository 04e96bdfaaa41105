"""The stand-in tenant on the command line: print a token, or run a command alongside it."""

import json
import logging
import os
import secrets
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import click

from {{ cookiecutter.__package }} import config

from . import {% if cookiecutter.api_docs %}CLIENT_ID, {% endif %}Tenant
{%- if cookiecutter.api_docs %}
from .login import init_tenant
{%- endif %}
{%- if cookiecutter.dpop %}
from .proofs import bind_tokens, print_proof
{%- endif %}


def read_claims(text: str) -> dict[str, object]:
    with suppress(ValueError, RecursionError):
        if isinstance(claims := json.loads(text), dict):
            return claims
    raise config.SettingError("CLAIMS", text, """a JSON object, such as '{"sub": "auth0|ann"}'""")


@click.group(help=__doc__)
@click.option("--claims", type=read_claims, envvar="CLAIMS", default="{}", help="In every token.")
@click.pass_context
def main(context: click.Context, claims: dict[str, object]) -> None:
    os.environ.update(config.read_dotenv(os.environ))
{%- if cookiecutter.dpop %}
    if not os.environ.get("PUBLIC_URL", "").strip():
        os.environ["PUBLIC_URL"] = f"http://localhost:{os.environ.get('PORT', '3010')}"
{%- endif %}
    port = config.clean_number("LOCAL_AUTH0_PORT", os.environ, 3011, 65_535)
    settings = config.load_settings({**os.environ, "AUTH0_DOMAIN": f"localhost:{port}"})
    context.obj = Tenant(Path(".local_auth0"), port, str(settings["AUTH0_AUDIENCE"]))
    context.obj.claims = claims
{%- if cookiecutter.api_docs %}
    init_tenant(context.obj)
{%- endif %}
{%- if cookiecutter.dpop %}
    os.environ["PUBLIC_URL"] = str(settings["PUBLIC_URL"])
    bind_tokens(context.obj)
{%- endif %}


@main.command()
@click.option("--scope", help="Scopes, space-separated.")
@click.option("--permissions", help="Permissions, space-separated.")
@click.pass_obj
def token(tenant: Tenant, scope: str, permissions: str) -> None:
    """Print an access token."""
    click.echo(tenant.token(scope or None, permissions.split() if permissions else None))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def run(tenant: Tenant, command: tuple[str, ...]) -> None:
    """Run a command, with settings for the tenant, while the tenant runs."""
    logging.getLogger("werkzeug").setLevel("CRITICAL")  # leaves the terminal to the command
    with tenant:
        environ = os.environ | tenant.client_environ(os.environ)
        environ["AUTH0_DOMAIN"] = ",".join(tenant.domains)
        environ.setdefault("TRUSTED_HOSTS", "localhost,127.0.0.1")  # against DNS rebinding
        # Werkzeug would compute it from facts that other users of this machine can read.
        environ["WERKZEUG_DEBUG_PIN"] = "-".join(f"{secrets.randbelow(1000):03}" for _ in range(3))
{%- if cookiecutter.api_docs %}
        environ["AUTH0_CLIENT_ID"] = CLIENT_ID
{%- endif %}
        click.echo(f"The stand-in tenant runs at {tenant.issuer}", err=True)
        process = subprocess.Popen(command, env=environ)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the command as well
        raise SystemExit(process.wait())

{%- if cookiecutter.dpop %}


main.add_command(print_proof)
{%- endif %}


if __name__ == "__main__":
    main()
