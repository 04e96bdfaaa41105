"""Commands for when something does not work: `flask auth0 check` and `flask auth0 explain`.

They read and print here; what there is to say is found out in `check.py` and `explain.py`.
"""

import logging
import os
import re
import sys
from collections.abc import Iterable

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from .application import CLIENT_ID, CLIENT_SECRET
from .check import check
from .explain import explain
from .lines import Line

MAX_INPUT = 1024 * 1024
"""Bytes of standard input that are read; a token has 16 KB at most."""

_PREFIX = re.compile("(authorization: *)?bearer +", re.IGNORECASE)

group = AppGroup("auth0", help="Find out why the tenant, or a token, does not work.")


def init_app(app: Flask) -> None:
    app.cli.add_command(group)


@group.command(
    "check",
    help="Talk to the tenant and say, line by line, what is well and what is not. Ends with 0 only"
    f" if all is. With {CLIENT_ID} and {CLIENT_SECRET} of a machine-to-machine application it gets"
    " a token as well.",
)
@click.pass_context
def check_command(context: click.Context) -> None:
    context.exit(_print(context, check(current_app, os.environ)))


@group.command("explain")
@click.argument("token", required=False)
@click.pass_context
def explain_command(context: click.Context, token: str | None) -> None:
    """Say what each rule of the API thinks of TOKEN, or of the one on standard input.

    On standard input it stays out of the shell's history. It is sent nowhere. Ends with 0 only if
    the API takes it.
    """
    if token is None:
        if sys.stdin.isatty():
            click.echo("Paste the token, then press Enter and Ctrl-D.", err=True)
        token = sys.stdin.buffer.read(MAX_INPUT).decode("latin-1")
    token = _PREFIX.sub("", token.strip(" \t\r\n"))
    if not token:
        raise click.UsageError("There is no token, neither as argument nor on standard input.")
    context.exit(_print(context, explain(current_app, token)))


def _print(context: click.Context, lines: Iterable[Line]) -> int:
    """Print lines as they come, coloured on a terminal; return 1 if something is not well.

    What the API would log on the way is said by the lines.
    """
    logging.disable()
    context.call_on_close(lambda: logging.disable(logging.NOTSET))
    is_well = True
    for line in lines:
        click.echo(line.text_for(sys.stdout.encoding))
        is_well = is_well and line.is_well is not False
    return 0 if is_well else 1
