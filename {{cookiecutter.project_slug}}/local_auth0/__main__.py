"""The stand-in tenant from the shell: `run` a command beside it, or print a `token`."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dotenv import load_dotenv

from {{ cookiecutter.__package }}.config import SettingError, load_settings

from .tenant import Tenant

FOLDER = Path(".local_auth0")
PORT = 3011


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local_auth0", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    token = commands.add_parser("token", help="print an access token")
    token.add_argument("--scope", help="scopes, space-separated")
    token.add_argument("--permissions", help="permissions, space-separated")
    token.add_argument("--audience", help="another audience than the API's")
    token.add_argument("--expires-in", type=int, default=86400, metavar="SECONDS")
    run = commands.add_parser("run", help="run a command, its settings pointed to the tenant")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="command ...")
    options = parser.parse_args()

    load_dotenv()
    port = int(os.environ.get("LOCAL_AUTH0_PORT", PORT))
    try:
        settings = load_settings({**os.environ, "AUTH0_DOMAIN": f"localhost:{port}"})
    except SettingError as error:
        sys.exit(f"Error: {error.message}")
    tenant = Tenant(FOLDER, port, str(settings["AUTH0_AUDIENCE"]))
    if options.command == "run":
        return _run_beside(tenant, options.argv)
    print(_token(tenant, options))
    return 0


def _token(tenant: Tenant, options: argparse.Namespace) -> str:
    return tenant.token(
        scope=options.scope or None,
        permissions=options.permissions.split() if options.permissions else None,
        aud=options.audience or tenant.audience,
        exp=int(time.time()) + options.expires_in,
    )


def _run_beside(tenant: Tenant, argv: list[str]) -> int:
    """Serve the tenant while the command runs; end it as we are ended."""
    no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY"), "localhost,127.0.0.1"]))
    with tenant:
        environ = {
            **os.environ,
            "AUTH0_DOMAIN": tenant.domain,
            "REQUESTS_CA_BUNDLE": str(tenant.ca_file.absolute()),
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }
        print(f"The stand-in tenant answers at {tenant.issuer}", file=sys.stderr, flush=True)
        command = subprocess.Popen(argv, env=environ)
        signal.signal(signal.SIGTERM, lambda *_: command.terminate())
        while True:
            try:
                return command.wait()
            except KeyboardInterrupt:  # the terminal has sent it to the command as well
                continue


if __name__ == "__main__":
    sys.exit(main())
