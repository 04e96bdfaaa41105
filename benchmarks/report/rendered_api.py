"""The sections about the rendered API: under servers, with large tokens, and set up from nothing."""

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
        A gunicorn worker of the API takes {api_mib} MiB (proportional set size). A worker of a bare
        Flask app takes {bare_mib} MiB, if it imports requests and those modules of cryptography that
        python-jose imports. Importing the API and making the app takes {added_ms} ms, after
        {dependencies_ms} ms for its dependencies."""
    return f"""\
## Under a server

Requests per second of the rendered API, with two workers and 32 keep-alive connections, for the
public endpoint and for a view that waits 20 ms. Quartiles are in parentheses.

{table(("", "Public endpoint", "Waiting 20 ms"), rows)}

Rates vary where workers share a socket: a connection stays with the worker that accepted it, and
at times one worker accepts nearly all while another idles. With a socket for each worker
(`--reuse-port`), the kernel distributes the connections.

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

Microseconds to verify an accepted token, or to reject one that is made to be slow, by its length,
and the exponent of the growth (1: the time is proportional to the length).

{table(("Token", *(f"{size} KB" for size in sizes), "Exponent"), lengths)}

By the number of keys in the tenant's JWKS:

{table(("Keys", "Verifying, µs"), keys)}

By the number of scopes in the token:

{table(("Scopes", "Verifying, µs", "Checking one, µs"), scopes)}

By the number of configured domains, of which the last issued the token, in RSA verifications:

{table(("Domains", "Verifying"), domains)}"""


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
## Setting up

The first response is a 200 from `/api/public`, after rendering the defaults and `make dev`. With an
empty cache, the time depends on the connection to the package index.

{table(("", "Seconds"), rows)}"""
