"""The sections about the rendered API: with several servers, with large tokens, the setup time."""

from .figures import Figures, names
from .markdown import median_and_quartiles, number, paragraph, table


def servers(figures: Figures) -> str:
    """Return the section about server configurations, memory and the import."""
    path = "server/configurations"
    rows = [
        (
            name,
            median_and_quartiles(figures, f"{path}/{name}/public_per_second"),
            median_and_quartiles(figures, f"{path}/{name}/slow_per_second"),
        )
        for name in names(figures, path)
    ]
    api_mib = number(figures, "server/memory/api_mib", ".1f")
    bare_mib = number(figures, "server/memory/bare_mib", ".1f")
    added_ms = number(figures, "server/import_ms/added/median", ".0f")
    dependencies_ms = number(figures, "server/import_ms/dependencies/median", ".0f")
    text = f"""\
        A gunicorn worker of the API needs {api_mib} MiB of memory (proportional set size). A worker
        of a bare Flask app needs {bare_mib} MiB if it imports requests and the modules of
        cryptography that python-jose imports. Importing the API and creating the app takes
        {added_ms} ms, after {dependencies_ms} ms for importing its dependencies."""
    return f"""\
## Servers and their threads

Requests per second that the rendered API handles with two workers and 32 keep-alive connections, for
the public endpoint and for a view that waits 20 ms. Quartiles are in parentheses.

{table(("", "Public endpoint", "Waiting 20 ms"), rows)}

The rates vary if workers share a socket: a connection stays with the worker that accepted it, and
sometimes one worker accepts nearly all connections while the other is idle. If each worker has its
own socket (`--reuse-port`), the kernel distributes the connections.

{paragraph(text)}"""


def token_sizes(figures: Figures) -> str:
    """Return the section about the growth with the token, the JWKS and the scopes."""
    sizes = names(figures, "sizes/accepted")
    shapes = names(figures, "sizes/hostile")
    lengths = [
        (
            path.rpartition("/")[2].replace("_", " "),
            *(number(figures, f"sizes/{path}/{size}/median", ".0f") for size in sizes),
            number(figures, f"sizes/{exponent}", ".2f"),
        )
        for path, exponent in (
            ("accepted", "accepted_exponent"),
            *((f"hostile/{shape}", f"hostile_exponent/{shape}") for shape in shapes),
        )
    ]
    keys = [
        (count, number(figures, f"sizes/keys/{count}/median", ".0f"))
        for count in names(figures, "sizes/keys")
    ]
    scopes = [
        (
            count,
            number(figures, f"sizes/scopes/{count}/verify/median", ".0f"),
            number(figures, f"sizes/scopes/{count}/check/median", ".2f"),
        )
        for count in names(figures, "sizes/scopes")
    ]
    domains = [
        (count, number(figures, f"verify/domains/{count}/to_rsa/median", ".3f"))
        for count in names(figures, "verify/domains")
    ]
    return f"""\
## With large tokens

Microseconds to verify a valid token that is new, or to reject a token that was crafted to be slow, by the
length of the token. An exponent of 1 means that the time is proportional to the length.

{table(("Token", *(f"{size} KB" for size in sizes), "Exponent"), lengths)}

Microseconds by the number of keys in the tenant's JWKS:

{table(("Keys", "Verifying the token"), keys)}

Microseconds by the number of scopes in the token:

{table(("Scopes", "Verifying the token", "Checking one scope"), scopes)}

Multiples of one RSA verification, by the number of configured domains. The last domain issued the
token:

{table(("Domains", "Verifying the token"), domains)}"""


def setup_time(figures: Figures) -> str:
    """Return the section about the time to a new project's first response."""
    first = "first_response_seconds"
    paths = {
        "Rendering the defaults": ("render_seconds", ".2f"),
        "First response, with an empty package cache": (f"{first}/empty_cache", ".1f"),
        "First response, with a filled package cache": (f"{first}/filled_cache", ".1f"),
    }
    rows = [
        (name, number(figures, f"setup_time/{path}", form)) for name, (path, form) in paths.items()
    ]
    return f"""\
## From nothing to the first response

The time to the first response includes rendering the defaults and everything that `make dev` sets up,
until `/api/public` responds with 200. With an empty cache, it depends on the connection to the
package index.

{table(("", "Seconds"), rows)}"""
