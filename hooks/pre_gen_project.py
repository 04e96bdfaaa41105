"""Rejects malformed answers, all of them at once, before any file is written.

The rules apply to an answer as the files will use it; messages show it as it was given. Answers for
settings follow the rules of the rendered config.py, and a test compares the two.
"""

import json
import keyword
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from ipaddress import IPv6Address
from typing import NamedTuple

CONTEXT = json.loads(r"""{{ cookiecutter | tojson }}""")

# cookiecutter creates the project's folder before it runs this hook. cookiecutter.json has cleaned
# project_slug by then, so that a path given as the slug leaves no folders in place.
GIVEN: dict[str, str] = {k: v for k, v in CONTEXT.items() if not k.startswith("_")}
GIVEN["project_slug"] = CONTEXT["__slug_as_given"]
GIVEN |= {name: str(answer) for name, answer in GIVEN.items() if isinstance(answer, bool)}
CLEAN: dict[str, str] = {name: CONTEXT.get(f"__{name}", GIVEN[name]) for name in GIVEN}

# Modules that the locked requirements install and that a slug could shadow.
INSTALLED = """
    annotated_types ast_serialize attr attrs blinker boolean cachecontrol certifi cffi cfgv
    charset_normalizer click colorama coverage cryptography cyclonedx defusedxml distlib dotenv
    ecdsa filelock flask flask_cors flask_swagger_ui gunicorn identify idna iniconfig
    itsdangerous jinja2 jose jsonschema jsonschema_path jsonschema_specifications lazy_object_proxy
    librt license_expression markdown_it markupsafe mdurl msgpack mypy mypy_extensions mypyc
    nodeenv openapi_schema_validator openapi_spec_validator packageurl packaging
    packaging_legacy_version pathable pathspec pip pip_api pip_audit pip_requirements_parser
    platformdirs pluggy pre_commit pre_commit_hooks py py_serializable pyasn1 pycparser pydantic
    pydantic_core pydantic_settings pygments pyparsing pytest python_discovery
    referencing requests rfc3339_validator rich rpds rsa ruamel ruff six sortedcontainers tomli
    tomli_w trustme typing_extensions typing_inspection urllib3 uv virtualenv werkzeug yaml zizmor
"""
# Optional modules that they import if installed.
TRIED = "asgiref brotli brotlicffi chardet h2 setproctitle simplejson socks watchdog zstandard"
OWN = "auth0 build conftest docs local_auth0 tests wsgi"
DEVICES = "aux con nul prn " + " ".join(f"com{n} lpt{n}" for n in range(10))  # on Windows
FILES = "dockerfile license makefile"  # the same name as a folder where case is ignored
NEWER = "annotationlib compression"  # standard library modules new in Python 3.14
PYTHONS = {*keyword.kwlist, *sys.stdlib_module_names, *NEWER.split()}
TAKEN = {*PYTHONS, *f"{INSTALLED} {TRIED} {OWN} {FILES} {DEVICES}".split()}

# The grammar of config.py again, since a hook cannot import the project.
QUOTE = r"[\"'`\xab\xbb\u2018-\u201f]"
IN_QUOTES_OR_SEVERAL = re.compile(rf"(<|\\?{QUOTE}).*(>|{QUOTE})|.*,https?://.*", re.I)
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
PORT = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
DOMAIN = re.compile(rf"(?P<host>localhost|{LABEL}(?:\.{LABEL})+){PORT}")
NAME = r"[a-z0-9_-]{1,63}"
ORIGIN = re.compile(  # hybrid apps have schemes of their own and may have no host
    r"(?!(?:ftp|wss?):|https?://\.?(?::|$))[a-z][a-z0-9+.-]*://"
    rf"(?P<host>\[[0-9a-f:]+\]|(?:{NAME}(?:\.{NAME})*)?\.?){PORT}"
)


class Rule(NamedTuple):
    """What an answer must be, whether it is, and an example of a valid answer."""

    name: str
    kept: bool
    text: str
    instead: str


def rules() -> list[Rule]:
    """Return every rule, in the order of the prompts."""
    slug, package, wish = CLEAN["project_slug"], CONTEXT["__package"], CONTEXT["project_slug"]
    name, description, author = CLEAN["project_name"], CLEAN["description"], CLEAN["author"]
    domains, audience = CLEAN["auth0_domain"].split(", "), CLEAN["auth0_audience"]
    origins = [origin for origin in CLEAN["cors_origins"].split(", ") if origin]
    return [
        Rule(
            "project_name",
            name != "" and name.isprintable(),
            "one or more printable characters",
            printable(name) or "Messages API",
        ),
        Rule(
            "project_slug",
            is_slug(slug),
            "words of a-z and 0-9 joined by single hyphens, starting with a letter, at most 50 characters",
            free_slug(wish),
        ),
        Rule(
            "project_slug",
            package == wish.replace("-", "_") and package not in TAKEN,
            f"a name whose package, {package}, does not clash with Python, a dependency, the project or"
            " Windows",
            free_slug(wish),
        ),
        Rule(
            "description",
            description.isprintable(),
            "only printable characters",
            printable(description) or "A Flask API protected by Auth0.",
        ),
        Rule(
            "author",
            author != "" and author.isprintable(),
            "one or more printable characters",
            printable(author) or "Your Name",
        ),
        Rule(
            "auth0_domain",
            all(matches(DOMAIN, each) for each in domains) and len({*domains}) == len(domains),
            "your tenant's host name without a path, or several different ones separated by commas",
            "your-tenant.auth0.example",
        ),
        Rule(
            "auth0_audience",
            audience != "" and " " not in audience and audience.isprintable(),
            "the identifier of your API in Auth0, without whitespace",
            "https://quickstarts/api",
        ),
        Rule(
            "auth0_audience",
            not IN_QUOTES_OR_SEVERAL.fullmatch(audience),
            "a single identifier, without quotes or angle brackets around it",
            "https://quickstarts/api",
        ),
        Rule(
            "auth0_audience",
            not is_auth0s_own(audience, domains),
            "the identifier of your own API; this one belongs to Auth0",
            "https://quickstarts/api",
        ),
        Rule(
            "cors_origins",
            origins == ["*"] or all(matches(ORIGIN, origin) for origin in origins),
            "nothing, '*', or origins without a path, separated by commas",
            "http://localhost:3000, https://app.example.com",
        ),
    ]


def is_slug(name: str) -> bool:
    return len(name) <= 50 and bool(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name))


def free_slug(wish: str) -> str:
    """Return the name wished for, a similar free one, or the template's default."""
    if not is_slug(wish):
        return "messages-api"
    return f"{wish}-api" if wish.replace("-", "_") in TAKEN else wish


def printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def matches(pattern: re.Pattern[str], value: str) -> bool:
    match = pattern.fullmatch(value)
    if match is None or len(match["host"]) > 253 or int(match["port"] or 443) > 65535:
        return False
    with suppress(ValueError):  # browsers write an IPv6 address as short as possible
        address = match["host"].strip("[]")
        return address == match["host"] or str(IPv6Address(address)) == address
    return False


def is_auth0s_own(audience: str, domains: list[str]) -> bool:
    hosts = "|".join((r"[^/]+\.auth0\.com", *map(re.escape, domains)))
    auth0s = rf"https://({hosts})/api/v2/|.*/userinfo"
    return re.fullmatch(auth0s, audience) is not None


def rejection(broken: dict[str, Rule]) -> str:
    entries = [
        f"  {name} is {GIVEN[name]!r}\n    expected {rule.text}\n    such as {rule.instead!r}"
        for name, rule in broken.items()
    ]
    intro = "Nothing was written, because some answers are invalid:"
    outro = "To correct only these, run this command and press Enter at all other prompts:"
    return "\n" + "\n\n".join([intro, *entries, outro, f"  {suggested_command(broken)}\n"])


def suggested_command(broken: dict[str, Rule]) -> str:
    """Return the command that prompts again, with each valid answer as the default of its prompt."""
    answers = CLEAN | {name: rule.instead for name, rule in broken.items()}
    answers = {name: literal(text) for name, text in answers.items()}
    here = os.environ.get("PWD")  # the user's folder; the hook itself runs in the new one
    by_cruft = "_commit" in CONTEXT
    command = [*program("cruft"), "create"] if by_cruft else program("cookiecutter")
    command.append(CONTEXT["_template"])
    if checkout := CONTEXT.get("_checkout"):
        command += ["--checkout", checkout]
    if (output_dir := CONTEXT.get("_output_dir", os.path.dirname(os.getcwd()))) != here:
        command += ["--output-dir", output_dir]
    if by_cruft:
        command += ["--extra-context", json.dumps(answers, ensure_ascii=False)]
    else:
        command += [f"{name}={text}" for name, text in answers.items()]
    return (subprocess.list2cmdline if sys.platform == "win32" else shlex.join)(command)


def program(name: str) -> list[str]:
    """Return how the user started cookiecutter or cruft, as far as the environment shows."""
    folder = sys.prefix.replace("\\", "/")
    is_cached = re.search(r"/(archive|builds|environments)-v[0-9]+/", folder)  # by uv
    if is_cached or "UV" in os.environ:
        in_project = not is_cached and os.environ.get("VIRTUAL_ENV") == sys.prefix
        return ["uv", "run", name] if in_project else ["uvx", name]
    if "/pipx/" in folder and "/pipx/venvs/" not in folder:
        return ["pipx", "run", name]
    return [name] if shutil.which(name) else [sys.executable, "-m", name]


def literal(answer: str) -> str:
    """Quote what looks like Jinja, since cookiecutter renders the answers of a command line."""
    if re.search(r"\{[%#{]", answer):
        return 2 * "{" + json.dumps(answer, ensure_ascii=False) + 2 * "}"
    return answer


broken: dict[str, Rule] = {}
for rule in rules():
    if not rule.kept:
        broken.setdefault(rule.name, rule)
if broken:
    sys.exit(rejection(broken))
