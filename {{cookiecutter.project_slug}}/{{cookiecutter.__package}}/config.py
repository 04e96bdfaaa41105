"""Settings. The answers given to the template are defaults, which environment variables override.

No setting turns off a check. The `clean_…` functions raise SettingError for a malformed value.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv6Address
from pathlib import Path
{%- if cookiecutter.dpop %}
from urllib.parse import urlsplit
{%- endif %}

from click import ClickException
from dotenv import dotenv_values

DEFAULTS = {
    "AUTH0_DOMAIN": "{{ cookiecutter.__auth0_domain }}",
    "AUTH0_AUDIENCE": "{{ cookiecutter.__auth0_audience | replace('\\', '\\\\') | replace('"', '\\x22') }}",
    "CORS_ORIGINS": "{{ cookiecutter.__cors_origins }}",
}

DOTENV = Path(__file__).parents[1] / ".env"
UNSET_DOMAIN = "your-tenant.auth0.example"
PROJECT_NAME = "{{ cookiecutter.__project_name | replace('\\', '\\\\') | replace('"', '\\x22') }}"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
_DOMAIN = re.compile(rf"(?P<host>localhost|{_LABEL}(?:\.{_LABEL})+){_PORT}")
_NAME = r"[a-z0-9_-]{1,63}"
_ORIGIN = re.compile(  # hybrid apps have their own schemes, and possibly no host
    r"(?!(?:ftp|wss?):|https?://\.?(?::|$))[a-z][a-z0-9+.-]*://"
    rf"(?P<host>\[[0-9a-f:]+\]|(?:{_NAME}(?:\.{_NAME})*)?\.?){_PORT}"
)
_HEADERS = (
    r"\*|(?:[A-Za-z0-9._-]+\s*(?:,\s*|$))*",
    "comma-separated names of headers, such as 'X-Request-ID, traceparent', or '*'",
    "X-Request-ID, traceparent, tracestate, baggage, sentry-trace",
)
_HOSTS = (
    rf"(?i:(?:\.?{_LABEL}(?:\.{_LABEL})*\s*(?:,\s*|$))*)",
    "comma-separated host names without ports, such as 'api.example.com, .example.org'",
)
_PUBLIC_URL = (
    r"((https://[A-Za-z0-9.:\[\]-]+|http://localhost(:[0-9]+)?)(/[^\s?#\"'<>\\]*)?)?",
    "the API's URL for clients, without query and fragment, such as 'https://api.example.com'",
)
{%- if cookiecutter.dpop %}
_DPOP = ("allowed|required", "'allowed' or 'required'", "allowed")
_REDIS_URL = (
    r"rediss?://([^\s@/?#]*@)?([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/\d*)?|unix://[^\s?#]+"
)
{%- endif %}

_QUOTE = r"[\"'`\xab\xbb\u2018-\u201f]"
_QUOTED = re.compile(rf"^\s*\\?{_QUOTE}|{_QUOTE}\s*$")
_IN_QUOTES_OR_SEVERAL = re.compile(rf"(<|\\?{_QUOTE}).*(>|{_QUOTE})|.*,https?://.*", re.I)


class SettingError(ClickException):
    """A malformed setting. The flask command shows it as one line and exits with status 1."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        message = f"{name} is {value!r}: expected {expected}."
        if _QUOTED.search(value):
            message += " Remove the quotes, which 'docker run --env-file' keeps."
        super().__init__(message)


def read_dotenv(environ: Mapping[str, str], path: Path = DOTENV) -> dict[str, str]:
    """Return the variables of the project's `.env` that the environment does not set."""
    try:
        values = dotenv_values(path, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingError(str(path), str(error.object[:16], "latin-1"), "text in UTF-8") from None
    return {k: v for k, v in values.items() if v is not None and k not in environ}


def load_settings(environ: Mapping[str, str]) -> dict[str, str | list[str] | int]:
    """Return the settings for `app.config`. Raises SettingError if one is empty or malformed."""
    answers = {name: environ.get(name, default) for name, default in DEFAULTS.items()}
    domains = clean_domains(answers["AUTH0_DOMAIN"])
    if UNSET_DOMAIN in domains:
        expected = "your tenant's domain; 'make dev' needs none"
        raise SettingError("AUTH0_DOMAIN", answers["AUTH0_DOMAIN"], expected)
{%- if cookiecutter.dpop %}
    if not environ.get("PUBLIC_URL", "").strip():
        raise SettingError("PUBLIC_URL", "", f"{_PUBLIC_URL[1]}, for DPoP proofs")
{%- endif %}
    hosts = clean_text("TRUSTED_HOSTS", environ, *_HOSTS).lower()
    return {
        "AUTH0_DOMAIN": domains,
        "AUTH0_AUDIENCE": clean_audience(answers["AUTH0_AUDIENCE"], domains),
        "PUBLIC_URL": clean_text("PUBLIC_URL", environ, *_PUBLIC_URL).removesuffix("/"),
        "CORS_ORIGINS": clean_origins(answers["CORS_ORIGINS"]),
        "CORS_ALLOW_HEADERS": clean_text("CORS_ALLOW_HEADERS", environ, *_HEADERS),
        "TRUSTED_HOSTS": hosts.replace(",", " ").split(),
        "MAX_CONTENT_LENGTH": clean_number("MAX_CONTENT_LENGTH", environ, 1_048_576, 10**12),
{%- if cookiecutter.dpop %}
        "DPOP": clean_text("DPOP", environ, *_DPOP),
        "DPOP_REPLAY_URL": clean_replay_url(environ.get("DPOP_REPLAY_URL", "").strip()),
{%- endif %}
{%- if cookiecutter.api_docs %}
        # The docs UI: always, never, or only in debug mode; and the client ID that it uses.
        "API_DOCS": clean_text("API_DOCS", environ, "[01]?", "'1', '0' or nothing"),
        "AUTH0_CLIENT_ID": clean_text("AUTH0_CLIENT_ID", environ, "[A-Za-z0-9_-]*", "a client ID"),
{%- endif %}
    }


def clean_domains(value: str) -> list[str]:
    """Return the tenant's comma-separated domains: `host` or `host:port`, the primary one first."""
    given = [domain.strip().lower() for domain in value.split(",") if domain.strip()]
    domains = [domain.removeprefix("https://").removesuffix("/") for domain in given]
    is_domain = [_matches(_DOMAIN, domain) for domain in domains]
    if not domains or not all(is_domain) or len({*domains}) < len(domains):
        expected = "different host names of one tenant, such as 'tenant.eu.auth0.com, login.a.test'"
        raise SettingError("AUTH0_DOMAIN", value, expected)
    return domains


def clean_audience(value: str, domains: list[str]) -> str:
    """Return the API's identifier. The identifiers of Auth0's own APIs are rejected."""
    audience = value.strip()
    hosts = "|".join((r"[^/]+\.auth0\.com", *map(re.escape, domains)))
    auth0s = rf"https://({hosts})/api/v2/|.*/userinfo"
    is_text = re.fullmatch(r"\S+", audience) and audience.isprintable()
    if not is_text or re.fullmatch(auth0s, audience) or _IN_QUOTES_OR_SEVERAL.fullmatch(audience):
        expected = "one identifier of your own API in Auth0, such as 'https://quickstarts/api'"
        raise SettingError("AUTH0_AUDIENCE", value, expected)
    return audience


def clean_origins(value: str) -> list[str]:
    """Return comma-separated origins as browsers send them (RFC 6454, 6.1): no default ports."""
    origins = [origin.strip().lower() for origin in value.split(",") if origin.strip()]
    if origins != ["*"] and not all(_matches(_ORIGIN, origin) for origin in origins):
        expected = "comma-separated origins such as 'https://a.test, http://localhost:3000', or '*'"
        raise SettingError("CORS_ORIGINS", value, expected)
    return [re.sub(r"^(https:.*):443$|^(http:.*):80$", r"\1\2", origin) for origin in origins]


def clean_number(name: str, environ: Mapping[str, str], default: int, highest: int) -> int:
    """Return a setting that is a whole number from 1 to `highest`."""
    value = environ.get(name, str(default)).strip()
    if not re.fullmatch(r"[1-9][0-9]{0,12}", value) or int(value) > highest:
        raise SettingError(name, value, f"a whole number from 1 to {highest}, such as '{default}'")
    return int(value)


def clean_text(
    name: str, environ: Mapping[str, str], pattern: str, expected: str, default: str = ""
) -> str:
    """Return a setting that matches a pattern."""
    value = environ.get(name, default).strip()
    if not re.fullmatch(pattern, value):
        raise SettingError(name, value, expected)
    return value


{% if cookiecutter.dpop -%}
def clean_replay_url(value: str) -> str:
    """Return the URL of a Redis, or "". The error hides the URL, which may contain a password."""
    with suppress(ValueError):
        if not value or (re.fullmatch(_REDIS_URL, value) and urlsplit(value).port != 0):
            return value
    expected = "a Redis URL without options: 'rediss://:password@redis.example.com:6379/0'"
    raise SettingError("DPOP_REPLAY_URL", "...", expected)


{% endif -%}
def _matches(pattern: re.Pattern[str], value: str) -> bool:
    match = pattern.fullmatch(value)
    if match is None or len(match["host"]) > 253 or int(match["port"] or 443) > 65535:
        return False
    with suppress(ValueError):  # browsers send an IPv6 address in its shortest form
        address = match["host"].strip("[]")
        return address == match["host"] or str(IPv6Address(address)) == address
    return False
