"""The settings: the answers given to the template, each overridden by an environment variable.

There is no setting that turns a check off.
"""

import re
from collections.abc import Mapping

from click import ClickException

DEFAULTS = {
    "AUTH0_DOMAIN": "{{ cookiecutter.__auth0_domain }}",
    "AUTH0_AUDIENCE": "{{ cookiecutter.__auth0_audience | replace('\\', '\\\\') | replace('"', '\\x22') }}",
    "CORS_ORIGINS": "{{ cookiecutter.__cors_origins }}",
}

UNSET_DOMAIN = "your-tenant.auth0.example"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
_DOMAIN = re.compile(rf"(?P<host>localhost|{_LABEL}(?:\.{_LABEL})+){_PORT}")
_ORIGIN = re.compile(rf"https?://(?P<host>{_LABEL}(?:\.{_LABEL})*){_PORT}")


class SettingError(ClickException):
    """A setting that cannot be used. The flask command shows it as one line and exits with 1."""


def load_settings(environ: Mapping[str, str]) -> dict[str, str | list[str] | int]:
    """Return the settings for `app.config`, cleaned.

    Raises:
        SettingError: one is empty or malformed, or the tenant is still to be set.
    """
    answers = {name: environ.get(name, default) for name, default in DEFAULTS.items()}
    domain = clean_domain(answers["AUTH0_DOMAIN"])
    if domain == UNSET_DOMAIN:
        raise SettingError(
            f"AUTH0_DOMAIN is still {UNSET_DOMAIN}: put your tenant's domain into .env, or try"
            " the API beside a stand-in tenant with 'make dev'."
        )
    return {
        "AUTH0_DOMAIN": domain,
        "AUTH0_AUDIENCE": clean_audience(answers["AUTH0_AUDIENCE"], domain),
        "CORS_ORIGINS": clean_origins(answers["CORS_ORIGINS"]),
        "MAX_CONTENT_LENGTH": clean_length(environ.get("MAX_CONTENT_LENGTH", "1048576")),
        "API_DOCS": clean_docs(environ.get("API_DOCS", "")),
        "AUTH0_CLIENT_ID": clean_client_id(environ.get("AUTH0_CLIENT_ID", "")),
    }


def clean_domain(answer: str) -> str:
    """Return the tenant's domain, `host` or `host:port`, in lower case and without `https://`.

    Raises:
        SettingError: it is no such thing.
    """
    domain = answer.strip().lower().removeprefix("https://").removesuffix("/")
    if not _matches(_DOMAIN, domain):
        raise SettingError(
            f"AUTH0_DOMAIN is {answer!r}: expected a host name, with a port or without, and no"
            " path, such as 'your-tenant.eu.auth0.com'."
        )
    return domain


def clean_audience(answer: str, domain: str) -> str:
    """Return the API's identifier, which is any text without white space.

    Raises:
        SettingError: it is no such thing, or names the Management API or the user info endpoint,
            which are Auth0's own: their tokens are not ours.
    """
    audience = answer.strip()
    if not audience or " " in audience or not audience.isprintable():
        raise SettingError(
            f"AUTH0_AUDIENCE is {answer!r}: expected the identifier of your API in Auth0, without"
            " white space, such as 'https://quickstarts/api'."
        )
    management = re.fullmatch(r"https://[^/]+\.auth0\.com/api/v2/", audience)
    if management or audience == f"https://{domain}/api/v2/" or audience.endswith("/userinfo"):
        raise SettingError(
            f"AUTH0_AUDIENCE is {answer!r}, an API of Auth0 itself: expected the identifier of your"
            " own API, such as 'https://quickstarts/api'."
        )
    return audience


def clean_origins(answer: str) -> list[str]:
    """Return the origins of a comma-separated list as browsers write them: none, `*`, or some.

    That is without the port that is the scheme's own (RFC 6454 section 6.1).

    Raises:
        SettingError: one is no origin, or `*` is not alone.
    """
    origins = [origin.strip().lower() for origin in answer.split(",") if origin.strip()]
    if origins != ["*"] and not all(_matches(_ORIGIN, origin) for origin in origins):
        raise SettingError(
            f"CORS_ORIGINS is {answer!r}: expected origins without a path, separated by commas,"
            " such as 'http://localhost:3000, https://app.example.com', or '*' alone, or nothing."
        )
    return [
        origin.removesuffix(":443" if origin.startswith("https:") else ":80") for origin in origins
    ]


def clean_length(answer: str) -> int:
    """Return how many bytes the body of a request may have.

    Raises:
        SettingError: it is no whole number, or not above zero.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,11}", answer.strip()):
        raise SettingError(
            f"MAX_CONTENT_LENGTH is {answer!r}: expected a number of bytes, such as '1048576'."
        )
    return int(answer.strip())


def clean_docs(answer: str) -> str:
    """Return when the page at /docs/ is served: `1` always, `0` never, nothing in debug mode alone.

    Raises:
        SettingError: it is something else.
    """
    if answer.strip() not in ("", "0", "1"):
        raise SettingError(
            f"API_DOCS is {answer!r}: expected '1' to serve the page at /docs/, '0' not to, or"
            " nothing, which serves it in debug mode alone."
        )
    return answer.strip()


def clean_client_id(answer: str) -> str:
    """Return the client ID by which the page at /docs/ logs in, or nothing if it does not.

    Raises:
        SettingError: it is not what a client ID looks like.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,128}", answer.strip()):
        raise SettingError(
            f"AUTH0_CLIENT_ID is {answer!r}: expected the client ID of a single-page application in"
            " Auth0, which is letters, digits, '-' and '_', or nothing."
        )
    return answer.strip()


def _matches(pattern: re.Pattern[str], value: str) -> bool:
    match = pattern.fullmatch(value)
    if match is None:
        return False
    return len(match["host"]) <= 253 and int(match["port"] or 443) <= 65535
