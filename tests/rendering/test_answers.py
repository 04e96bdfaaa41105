"""Answers to the template's prompts: which are accepted, and the messages about invalid ones."""

import importlib.util
import json
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cookiecutter.exceptions import FailedHookException, OutputDirExistsException
from cookiecutter.generate import generate_context
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context

from ..support.environ import user_environ
from ..support.hook import (
    DOMAIN_RULE,
    HOOK_MESSAGE,
    MODULE_COMMAND,
    extract_hook_message,
    format_command,
    format_entry,
    read_tree,
    run_cookiecutter,
    suggested_arguments,
)
from ..support.paths import IN_PACKAGE, TEMPLATE
from ..support.rendering import render

pytestmark = pytest.mark.exhaustive

HookMessage = Callable[..., str]
"""Returns the hook's message about some answers, or an empty string if it accepts them."""

SLUG_RULE = (
    "words of a-z and 0-9 joined by single hyphens, starting with a letter, at most 50 characters"
)
UNTAKEN_RULE = (
    "a name whose package, {}, does not clash with Python, a dependency, the project or Windows"
)
NAME_RULE = "one or more printable characters"
SENTENCE_RULE = "only printable characters"
AUDIENCE_RULE = "the identifier of your API in Auth0, without whitespace"
ONE_AUDIENCE_RULE = "a single identifier, without quotes or angle brackets around it"
OWN_AUDIENCE_RULE = "the identifier of your own API; this one belongs to Auth0"
ORIGINS_RULE = "nothing, '*', or origins without a path, separated by commas"

InvalidAnswer = tuple[str, str, str, str]
"""The answer, its representation in the message, what is expected, and the suggestion."""

INVALID: dict[str, list[InvalidAnswer]] = {
    "project_name": [
        ("", "''", NAME_RULE, "Messages API"),
        (" \t ", r"' \t '", NAME_RULE, "Messages API"),
        ("\u200b", r"'\u200b'", NAME_RULE, "Messages API"),
        ("\x1b[31mRed", r"'\x1b[31mRed'", NAME_RULE, "[31mRed"),
    ],
    "project_slug": [
        ("", "''", SLUG_RULE, "messages-api"),
        (".", "'.'", SLUG_RULE, "messages-api"),
        ("Messages", "'Messages'", SLUG_RULE, "messages"),
        ("my_api", "'my_api'", SLUG_RULE, "my-api"),
        ("my api", "'my api'", SLUG_RULE, "my-api"),
        (" my-api", "' my-api'", SLUG_RULE, "my-api"),
        ("my-api\n", r"'my-api\n'", SLUG_RULE, "my-api"),
        ("-api", "'-api'", SLUG_RULE, "api"),
        ("api-", "'api-'", SLUG_RULE, "api"),
        ("my--api", "'my--api'", SLUG_RULE, "my-api"),
        ("9-lives", "'9-lives'", SLUG_RULE, "messages-api"),
        ("büro", "'büro'", SLUG_RULE, "buro"),
        ("a/b", "'a/b'", SLUG_RULE, "a-b"),
        (r"C:\api", r"'C:\\api'", SLUG_RULE, "c-api"),
        ("x" * 51, f"'{'x' * 51}'", SLUG_RULE, "x" * 50),
        ("Flask", "'Flask'", SLUG_RULE, "flask-api"),
        ("class", "'class'", UNTAKEN_RULE.format("class"), "class-api"),
        ("json", "'json'", UNTAKEN_RULE.format("json"), "json-api"),
        ("compression", "'compression'", UNTAKEN_RULE.format("compression"), "compression-api"),
        ("flask", "'flask'", UNTAKEN_RULE.format("flask"), "flask-api"),
        ("flask-cors", "'flask-cors'", UNTAKEN_RULE.format("flask_cors"), "flask-cors-api"),
        ("dotenv", "'dotenv'", UNTAKEN_RULE.format("dotenv"), "dotenv-api"),
        ("tests", "'tests'", UNTAKEN_RULE.format("tests"), "tests-api"),
        ("docs", "'docs'", UNTAKEN_RULE.format("docs"), "docs-api"),
        ("build", "'build'", UNTAKEN_RULE.format("build"), "build-api"),
        ("auth0", "'auth0'", UNTAKEN_RULE.format("auth0"), "auth0-api"),
        ("conftest", "'conftest'", UNTAKEN_RULE.format("conftest"), "conftest-api"),
        ("makefile", "'makefile'", UNTAKEN_RULE.format("makefile"), "makefile-api"),
        ("con", "'con'", UNTAKEN_RULE.format("con"), "con-api"),
        ("prn", "'prn'", UNTAKEN_RULE.format("prn"), "prn-api"),
        ("aux", "'aux'", UNTAKEN_RULE.format("aux"), "aux-api"),
        ("nul", "'nul'", UNTAKEN_RULE.format("nul"), "nul-api"),
        ("com0", "'com0'", UNTAKEN_RULE.format("com0"), "com0-api"),
        ("com9", "'com9'", UNTAKEN_RULE.format("com9"), "com9-api"),
        ("lpt0", "'lpt0'", UNTAKEN_RULE.format("lpt0"), "lpt0-api"),
        ("lpt1", "'lpt1'", UNTAKEN_RULE.format("lpt1"), "lpt1-api"),
        ("CON", "'CON'", SLUG_RULE, "con-api"),
        ("Nul.txt", "'Nul.txt'", SLUG_RULE, "nul-txt"),
        ("simplejson", "'simplejson'", UNTAKEN_RULE.format("simplejson"), "simplejson-api"),
        ("wsgi", "'wsgi'", UNTAKEN_RULE.format("wsgi"), "wsgi-api"),
        ("local-auth0", "'local-auth0'", UNTAKEN_RULE.format("local_auth0"), "local-auth0-api"),
    ],
    "description": [
        ("a\u202eb", r"'a\u202eb'", SENTENCE_RULE, "ab"),
        ("\u200b", r"'\u200b'", SENTENCE_RULE, "A Flask API protected by Auth0."),
    ],
    "author": [
        ("", "''", NAME_RULE, "Your Name"),
        ("Ann \ud83d", r"'Ann \ud83d'", NAME_RULE, "Ann"),
        ("Ann 'AB\"\x00", "'Ann \\'AB\"\\x00'", NAME_RULE, "Ann 'AB\""),
    ],
    "auth0_domain": [
        ("http://T.example", "'http://T.example'", DOMAIN_RULE, "your-tenant.auth0.example"),
        ("", "''", DOMAIN_RULE, "your-tenant.auth0.example"),
        ("a.test,A.test", "'a.test,A.test'", DOMAIN_RULE, "your-tenant.auth0.example"),
    ],
    "auth0_audience": [
        ("my api", "'my api'", AUDIENCE_RULE, "https://quickstarts/api"),
        ("", "''", AUDIENCE_RULE, "https://quickstarts/api"),
        ("/userinfo", "'/userinfo'", OWN_AUDIENCE_RULE, "https://quickstarts/api"),
        ("a b/userinfo", "'a b/userinfo'", AUDIENCE_RULE, "https://quickstarts/api"),
        ('"https://a"', "'\"https://a\"'", ONE_AUDIENCE_RULE, "https://quickstarts/api"),
        (
            "https://a,https://b",
            "'https://a,https://b'",
            ONE_AUDIENCE_RULE,
            "https://quickstarts/api",
        ),
    ],
    "cors_origins": [
        ("*, x", "'*, x'", ORIGINS_RULE, "http://localhost:3000, https://app.example.com"),
    ],
}

every_invalid_answer = pytest.mark.parametrize(
    ("name", "invalid"),
    [
        pytest.param(name, row, id=f"{name}={row[1]}")
        for name, rows in INVALID.items()
        for row in rows
    ],
)

HOST_253 = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])

# By answer: the value in the rendered files, or None if the answer is rejected.
DOMAINS: dict[str, str | None] = {
    "t.example": "t.example",
    " t.example ": "t.example",
    "\u00a0t.example\u2003": "t.example",
    "T.Example": "t.example",
    "\u212a.example": "k.example",  # KELVIN SIGN, whose lower case is an ASCII k
    "https://t.example": "t.example",
    "HTTPS://T.Example/": "t.example",
    "t.example/": "t.example",
    "t.example:1": "t.example:1",
    "t.example:8443": "t.example:8443",
    "t.example:65535": "t.example:65535",
    "localhost": "localhost",
    "https://LOCALHOST:8443/": "localhost:8443",
    "127.0.0.1:8443": "127.0.0.1:8443",
    "a-b.c--d.example": "a-b.c--d.example",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    f"{'a' * 63}.example": f"{'a' * 63}.example",
    HOST_253: HOST_253,
    f"{HOST_253}:443": f"{HOST_253}:443",
    "t.example,u.example": "t.example, u.example",
    "u.example,t.example": "u.example, t.example",
    " https://T.Example/ ,, u.example:8443 ,": "t.example, u.example:8443",
    "t.example,\nu.example": "t.example, u.example",
    "\u00a0t.example\u00a0,\u2003u.example": "t.example, u.example",
    "t.example:1,t.example:2,t.example": "t.example:1, t.example:2, t.example",
    ",".join([HOST_253, "t.example"]): f"{HOST_253}, t.example",
} | dict.fromkeys(
    [
        *[",", " , ,", "t.example,tenant", "tenant,t.example", "t.example u.example"],
        *["t.example; u.example", "t.example,http://u.example", "t.example,u.example/path"],
        *["t.example,t.example", "t.example,u.example,t.example", "T.example, https://t.Example/"],
        *["t.example:443,t.example:443", "t.example,https://", "t.example,/", "t.example,*"],
        *["t.example,\u200b", "t.example\u3001u.example", "t.example\uff0cu.example"],
        *["", " ", ".", "/", "https://", "tenant", ".t.example", "t.example.", "t..example"],
        *["-t.example", "t-.example", "t_t.example", "*.example", f"{'a' * 64}.example"],
        *[f"{HOST_253}d", "'t.example'", '"t.example"', "t.example\\"],
        *["t.example:", "t.example:0", "t.example:00443", "t.example:65536", "t.example:443443"],
        *["t.example:-1", "t.example:+1", "t.example:4 43", "t.example:443:443", ":443"],
        *["t.example:\u0664\u0664\u0663", "t.example:\uff14", "t.example:\u00b2", "localhost:"],
        *["http://t.example", "https://https://t.example", "https:/t.example", "//t.example"],
        *["t.example//", "t.example /", "https:// t.example", "t.example/path", "t.example?q"],
        *["t.example#f", "user@t.example", "user:word@t.example", "[::1]", "[::1]:443", "::1"],
        *["t.\u00a0example", "\u200bt.example", "\ufefft.example", "t\n.example", "t\x00.example"],
        *["b\u00fccher.example", "\uff54.example", "t\u3002example", "\u0130.example"],
    ]
)
AUDIENCES: dict[str, str | None] = {
    "https://quickstarts/api": "https://quickstarts/api",
    " urn:my:api\t": "urn:my:api",
    "\u00a0My-API\u2003": "My-API",
    "b\u00fcro\U0001f600": "b\u00fcro\U0001f600",
    "a\"b'c": "a\"b'c",
    '"': '"',
    "it's": "it's",
    '"a': '"a',
    "a>": "a>",
    "urn:a,urn:b": "urn:a,urn:b",
    "https://a,b": "https://a,b",
    "a\\b": "a\\b",
    "a\\": "a\\",
    r"\x22\n\N{BULLET}": r"\x22\n\N{BULLET}",
    "$HOME$(id)`id`%PATH%": "$HOME$(id)`id`%PATH%",
    "https://api.example/api/v2/": "https://api.example/api/v2/",
    "https://a.auth0.com/api/v2": "https://a.auth0.com/api/v2",
    "https://a.auth0.com/api/v2/x": "https://a.auth0.com/api/v2/x",
    "https://api.example/a.auth0.com/api/v2/": "https://api.example/a.auth0.com/api/v2/",
    "https://a.auth0xcom/api/v2/": "https://a.auth0xcom/api/v2/",
    "userinfo": "userinfo",
    "https://t.example/userinfo/": "https://t.example/userinfo/",
} | dict.fromkeys(
    [
        *["", " ", "\t", "\u00a0", "a b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\u3000b"],
        *["a\u200bb", "\ufeffa", "a\u202eb", "a\u2028b", "a\x00b", "a\x7fb", "a\x85b", "a\u00adb"],
        *["https://t.example/api/v2/", "https://u.example/api/v2/", "https://a.auth0.com/api/v2/"],
        *["https://a.eu.auth0.com/api/v2/ ", "https://a@b.auth0.com/api/v2/", "\ud83d"],
        *["/userinfo", "https://t.example/userinfo", " x/userinfo "],
        *['"https://a"', "'https://a'", "`a`", '\\"a\\"', "\u201ca\u201d", "\xaba\xbb", ' "a"\t'],
        *["\"a'", '"""', '""', "<https://a>", "<>", '<"a">', "https://a,https://b"],
        *["urn:a,http://b", "https://a,HTTPS://b,c", "https://a, https://b"],
    ]
)
ORIGIN_LISTS: dict[str, str | None] = {
    "": "",
    " ": "",
    " , ,": "",
    "*": "*",
    " * ,": "*",
    "http://localhost:3000": "http://localhost:3000",
    "HTTPS://App.Example": "https://app.example",
    "https://a.example,http://b.example:81": "https://a.example, http://b.example:81",
    " https://a.example ,, http://b.example , ": "https://a.example, http://b.example",
    "https://a.example,\nhttps://b.example": "https://a.example, https://b.example",
    "\u00a0https://a.example\u00a0": "https://a.example",
    "http://127.0.0.1:65535": "http://127.0.0.1:65535",
    f"https://{'a' * 63}": f"https://{'a' * 63}",
    f"https://{HOST_253}": f"https://{HOST_253}",
    **{
        origin: origin
        for origin in [
            *["https://a_b.example", "https://-a.example", "https://a-", "https://a."],
            *["https://192.168.1.5:8443", "http://[::1]:5173", "https://[2001:db8::8a2e:370:7334]"],
            *["capacitor://localhost", "ionic://localhost", "tauri://localhost:1420", "file://"],
            *["app://", "app://.", "app://-", "app://obsidian.md", "capacitor-electron://"],
            *["moz-extension://2f1c1d4e-5a0b-4c5b-9d0e-1f2a3b4c5d6e", "ms-appx-web://a.b_c"],
        ]
    },
    "http://[::1]:80": "http://[::1]",
    "http://[2001:DB8::1], https://[::1]:443": "http://[2001:db8::1], https://[::1]",
    "Capacitor://localhost:80": "capacitor://localhost:80",
} | dict.fromkeys(
    [
        *["*, https://a.example", "*,*", "**", "null", "https://*.example", "a.example", "b:80"],
        *["https://a.example/", "https://a.example/path", "https://a.example?q", "https://a#f"],
        *["https://a.example\\", "https://user@a.example", "https://a.example, b", "https://"],
        *["http:/a", "ftp://a.example", "wss://a.example", "https:a.example", "//a", "app:/a"],
        *["http://", "https://:443", "https://.", "://a", "1app://a", "app://a/", "app://a b"],
        *["http://::1", "http://[::1", "http://[]", "http://[::1]x", "http://[:::1]", "http://[1]"],
        *["http://[0:0:0:0:0:0:0:1]", "http://[::01]", "http://[::g]", "http://[fe80::1%25eth0]"],
        *["http://[127.0.0.1]", "http://[::ffff:1.2.3.4]", "http://[::1]:65536", "[::1]"],
        *["https://a:", "https://a:0", "https://a:0443", "https://a:65536", "https://a:\u0664"],
        *["https://b\u00fccher.example", "https://a..example", "https://.a", "app://b\u00fccher"],
        *["https://a.example https://b.example", "https://a.example; https://b.example"],
        *["https://a.\u00a0example", "https://a\u200b", "https://a\n.example", "https://a\x00"],
        *[f"https://{'a' * 64}", f"https://{HOST_253}d", f"app://{'a' * 64}"],
    ]
)


def make_context(**answers: str) -> dict[str, Any]:
    """Return the context that cookiecutter renders with when it runs in /home/ann."""
    context = generate_context(str(TEMPLATE / "cookiecutter.json"), extra_context=answers)
    context["cookiecutter"] |= prompt_for_config(context, no_input=True)
    run = {"_template": "gh:ann/api", "_checkout": None, "_output_dir": "/home/ann"}
    context["cookiecutter"] |= run
    return dict(context)


def run_rendered_file(source: Path, context: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Render one Python file of the template, run it and return its globals."""
    text = source.read_text(encoding="utf-8")
    rendered = create_env_with_context(context).from_string(text).render(**context)
    (folder / source.name).write_text(rendered, encoding="utf-8")
    return runpy.run_path(str(folder / source.name))


def run_pre_gen_hook(context: dict[str, Any], folder: Path) -> str:
    """Render and run the hook; return its error message, or an empty string if it succeeds."""
    try:
        run_rendered_file(TEMPLATE / "hooks/pre_gen_project.py", context, folder)
    except SystemExit as error:
        return str(error.code)
    return ""


@pytest.fixture
def in_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory is /home/ann, and cookiecutter is in PATH."""
    program = tmp_path / "bin" / ("cookiecutter.exe" if sys.platform == "win32" else "cookiecutter")
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("PWD", "/home/ann")
    monkeypatch.delenv("UV", raising=False)


@pytest.fixture
def hook_message(in_home_folder: None, tmp_path: Path) -> HookMessage:  # noqa: ARG001
    """Runs the hook with these answers and defaults for the others, and returns its message."""
    return lambda **answers: run_pre_gen_hook(make_context(**answers), tmp_path)


@pytest.fixture(scope="module")
def config_module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The config module of a rendered project."""
    project = render(tmp_path_factory.mktemp("config"))
    spec = importlib.util.spec_from_file_location("config", project / "messages_api/config.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with files of the user, which cookiecutter must not change."""
    workspace = tmp_path / "workspace"
    (workspace / "projects/our-api/empty").mkdir(parents=True)
    (workspace / "projects/our-api/notes.txt").write_text("mine\n")
    (workspace / "projects/empty").mkdir()
    return workspace


@every_invalid_answer
def test_error_message_has_answer_expectation_and_suggestion(
    hook_message: HookMessage, name: str, invalid: InvalidAnswer
) -> None:
    answer, shown, expected, suggestion = invalid

    message = hook_message(**{"project_slug": "messages-api", name: answer})

    assert message == HOOK_MESSAGE.format(
        entries=format_entry(name, shown, expected, suggestion),
        command=format_command(**{name: suggestion}),
    )


@every_invalid_answer
def test_suggested_command_is_accepted(
    hook_message: HookMessage, name: str, invalid: InvalidAnswer
) -> None:
    message = hook_message(**{"project_slug": "messages-api", name: invalid[0]})

    assignments = shlex.split(message.splitlines()[-1])[2:]

    assert hook_message(**dict(each.split("=", 1) for each in assignments)) == ""


@pytest.mark.parametrize(
    "slug",
    [
        "a",
        "api2",
        "a-1-b",
        "messages-api",
        "flask-api",
        "match",
        "console",
        "com10",
        "aux-1",
        "x" * 50,
    ],
)
def test_valid_slug_is_accepted_unchanged(hook_message: HookMessage, slug: str) -> None:
    assert hook_message(project_slug=slug) == ""
    assert make_context(project_slug=slug)["cookiecutter"]["project_slug"] == slug


def test_all_invalid_answers_are_reported_in_prompt_order(hook_message: HookMessage) -> None:
    first = {name: rows[0] for name, rows in INVALID.items()}

    message = hook_message(**{name: row[0] for name, row in first.items()})

    assert message == HOOK_MESSAGE.format(
        entries="\n\n".join(format_entry(name, *row[1:]) for name, row in first.items()),
        command=format_command(**{name: row[3] for name, row in first.items()}),
    )


def test_suggested_command_keeps_valid_answers_normalized(hook_message: HookMessage) -> None:
    valid = {
        "project_name": " Ann's   API ",
        "project_slug": "anns",
        "description": "",
        "author": 'Ann "AB" 😀',
        "auth0_audience": "$HOME\\",
        "cors_origins": "HTTPS://A.example ,",
        "license": "Proprietary",
        "deployment": "none",
    }

    message = hook_message(auth0_domain="?", **valid)

    kept = valid | {"project_name": "Ann's API", "cors_origins": "https://a.example"}
    assert message.splitlines()[-1].strip() == format_command(**kept)


def test_suggested_command_keeps_answer_that_looks_like_jinja(hook_message: HookMessage) -> None:
    typed = 'It\'s {{ "odd" }} {% raw %} {# \\ 😀'
    as_default = "{{" + json.dumps(typed, ensure_ascii=False) + "}}"

    message = hook_message(description=as_default, author="")

    assignments = shlex.split(message.splitlines()[-1])[2:]
    answers = dict(each.split("=", 1) for each in assignments)
    assert make_context(**answers)["cookiecutter"]["description"] == typed


@pytest.mark.parametrize(("answer", "cleaned"), DOMAINS.items(), ids=map(ascii, DOMAINS))
def test_hook_and_config_agree_on_domains(
    hook_message: HookMessage,
    config_module: ModuleType,
    tmp_path: Path,
    answer: str,
    cleaned: str | None,
) -> None:
    message = hook_message(auth0_domain=answer)

    if cleaned is None:
        assert f"auth0_domain is {answer!r}\n" in message
        with pytest.raises(config_module.SettingError):
            config_module.clean_domains(answer)
    else:
        domains = cleaned.split(", ")
        assert message == ""
        assert config_module.clean_domains(answer) == domains
        assert rendered_settings(tmp_path, auth0_domain=answer)["AUTH0_DOMAIN"] == domains


@pytest.mark.parametrize(("answer", "cleaned"), AUDIENCES.items(), ids=map(ascii, AUDIENCES))
def test_hook_and_config_agree_on_audiences(
    hook_message: HookMessage,
    config_module: ModuleType,
    tmp_path: Path,
    answer: str,
    cleaned: str | None,
) -> None:
    message = hook_message(auth0_domain="T.Example, U.Example", auth0_audience=answer)

    if cleaned is None:
        assert f"auth0_audience is {answer!r}\n" in message
        with pytest.raises(config_module.SettingError):
            config_module.clean_audience(answer, ["t.example", "u.example"])
    else:
        assert message == ""
        assert config_module.clean_audience(answer, ["t.example", "u.example"]) == cleaned
        assert rendered_settings(tmp_path, auth0_audience=answer)["AUTH0_AUDIENCE"] == cleaned


@pytest.mark.parametrize(("answer", "cleaned"), ORIGIN_LISTS.items(), ids=map(ascii, ORIGIN_LISTS))
def test_hook_and_config_agree_on_origins(
    hook_message: HookMessage,
    config_module: ModuleType,
    tmp_path: Path,
    answer: str,
    cleaned: str | None,
) -> None:
    message = hook_message(cors_origins=answer)

    if cleaned is None:
        assert f"cors_origins is {answer!r}\n" in message
        with pytest.raises(config_module.SettingError):
            config_module.clean_origins(answer)
    else:
        origins = cleaned.split(", ") if cleaned else []
        assert message == ""
        assert config_module.clean_origins(answer) == origins
        assert rendered_settings(tmp_path, cors_origins=answer)["CORS_ORIGINS"] == origins


def rendered_settings(folder: Path, **answers: str) -> dict[str, str | list[str]]:
    """Return the settings of an API rendered with these answers, without environment variables."""
    source = IN_PACKAGE / "config.py"
    context = make_context(**{"auth0_domain": "t.example"} | answers)
    settings: dict[str, str | list[str]] = run_rendered_file(source, context, folder)[
        "load_settings"
    ]({})
    return settings


def test_answers_are_normalized_in_all_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = render(
        tmp_path / "out",
        project_name=" My \t Own   API ",
        project_slug="my-own-api",
        description='\tIt  says \u00a0"hi" \\ 😀. ',
        author="\u2003Ann \u00a0 O'B",
        auth0_domain=" HTTPS://My-Tenant.EU.Auth0.com/ ,, Login.My-Own.Example ,",
        auth0_audience="\thttps://My-API ",
        cors_origins=" HTTPS://App.Example ,, http://LOCALHOST:3000 ,",
    )

    raw = r"My\s*\t|Own\s{2}|It  says|\u00a0|\u2003|My-Tenant|Login\.My|HTTPS://My|\thttps|HTTPS://App|LOCALHOST:3"
    files = [path for path in project.rglob("*") if path.is_file()]
    assert [p.name for p in files if re.search(raw, p.read_text(encoding="utf-8"))] == []
    assert runpy.run_path(str(project / "my_own_api/config.py"))["DEFAULTS"] == {
        "AUTH0_DOMAIN": "my-tenant.eu.auth0.com, login.my-own.example",
        "AUTH0_AUDIENCE": "https://My-API",
        "CORS_ORIGINS": "https://app.example, http://localhost:3000",
    }
    metadata = (project / "pyproject.toml").read_text(encoding="utf-8")
    assert 'description = "It says \\"hi\\" \\\\ 😀."\n' in metadata
    assert 'authors = [{ name = "Ann O\'B" }]\n' in metadata
    assert capfd.readouterr().err == ""


def test_invalid_answers_exit_with_1_and_write_nothing(workspace: Path) -> None:
    before = read_tree(workspace)

    run = run_cookiecutter(
        workspace,
        str(TEMPLATE),
        "project_slug=my/api",
        "auth0_domain=http://t.example",
        "author=Ann B",
    )

    assert run.returncode == 1
    answers = {"project_slug": "my-api", "author": "Ann B"}
    assert (
        extract_hook_message(run)
        == HOOK_MESSAGE.format(
            entries=format_entry("project_slug", "'my/api'", SLUG_RULE, "my-api")
            + "\n\n"
            + format_entry(
                "auth0_domain", "'http://t.example'", DOMAIN_RULE, "your-tenant.auth0.example"
            ),
            command=format_command(MODULE_COMMAND, **answers).replace(
                "gh:ann/api", shlex.quote(str(TEMPLATE))
            ),
        )
        + "\n"
    )
    assert read_tree(workspace) == before


@pytest.mark.slow
def test_suggested_command_renders_into_the_same_folder(workspace: Path) -> None:
    arguments = [str(TEMPLATE), "--output-dir", "projects", "project_slug=My API", "author=Ann B"]
    message = extract_hook_message(run_cookiecutter(workspace, *arguments)).rstrip()

    assert run_cookiecutter(workspace.parent, *suggested_arguments(message)).returncode == 0
    assert "Ann B" in (workspace / "projects/my-api/pyproject.toml").read_text()


@pytest.mark.usefixtures("in_home_folder")
def test_suggested_command_has_version_and_output_folder(tmp_path: Path) -> None:
    context = make_context(author="")
    context["cookiecutter"] |= {"_checkout": "v1.2", "_output_dir": "/srv/my apis"}

    message = run_pre_gen_hook(context, tmp_path)

    assert (
        "  cookiecutter gh:ann/api --checkout v1.2 --output-dir '/srv/my apis' api_docs=" in message
    )


@pytest.mark.usefixtures("in_home_folder")
def test_suggested_command_is_quoted_for_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = make_context(author="", description='It is "mine"')
    monkeypatch.setattr(sys, "platform", "win32")

    message = run_pre_gen_hook(context, tmp_path)

    assert '"author=Your Name"' in message
    assert r'"description=It is \"mine\""' in message


@pytest.mark.parametrize(
    "slug",
    [
        *["", ".", "..", "a/b", "a/../b", "empty/b", "../empty/b", "our-api/b", "../x"],
        *["{workspace}/x/y", "a\\b", "C:\\x", "x" * 300, f"a/{'x' * 300}", "a\x00b", "~", "~/api"],
    ],
    ids=lambda slug: ascii(slug[:20]),
)
def test_slug_that_is_a_path_changes_no_files(workspace: Path, slug: str) -> None:
    before = read_tree(workspace)

    with pytest.raises(FailedHookException):
        render(workspace / "projects", project_slug=slug.format(workspace=workspace), author="")

    assert read_tree(workspace) == before


@pytest.mark.parametrize("slug", ["our-api", "Our API", "our-api/"])
def test_existing_folder_is_not_changed(workspace: Path, slug: str) -> None:
    before = read_tree(workspace)

    with pytest.raises(OutputDirExistsException):
        render(workspace / "projects", project_slug=slug)

    assert read_tree(workspace) == before


def test_rejection_does_not_overwrite_an_existing_folder(workspace: Path) -> None:
    before = read_tree(workspace)

    arguments = ["--overwrite-if-exists", "--output-dir", "projects", str(TEMPLATE), "author="]
    run = run_cookiecutter(workspace, *arguments)

    assert "\n  author is ''\n" in extract_hook_message(run)
    assert read_tree(workspace) == before


def test_next_steps_are_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    render(tmp_path / "out", project_slug="my-api", auth0_domain="t.eu.auth0.com")

    assert (
        capfd.readouterr().out
        == """
Next: cd my-api
  make dev    run the API with a stand-in tenant; no Auth0 account needed
  make test   run its tests
The domain and the audience are in my_api/config.py; .env overrides them.

"""
    )


def test_next_steps_mention_an_unset_domain(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    render(tmp_path / "out")

    assert (
        capfd.readouterr().out
        == """
Next: cd messages-api
  make dev    run the API with a stand-in tenant; no Auth0 account needed
  make test   run its tests
The domain and the audience are in messages_api/config.py; .env overrides them.
Your Auth0 domain is not set yet.
"""
    )


@pytest.mark.slow
def test_hooks_change_no_files(workspace: Path) -> None:
    for folder, hooks in (("with", "yes"), ("without", "no")):
        arguments = ["--accept-hooks", hooks, "--output-dir", folder, str(TEMPLATE)]
        assert run_cookiecutter(workspace, *arguments).returncode == 0

    assert read_tree(workspace / "with") == read_tree(workspace / "without")


@pytest.mark.slow
def test_output_is_escaped_on_an_ascii_console(workspace: Path) -> None:
    arguments = [str(TEMPLATE), "project_slug=my-api", "description=😀"]

    rejected = run_cookiecutter(workspace, *arguments, "author=😀\u200b", PYTHONIOENCODING="ascii")
    accepted = run_cookiecutter(workspace, *arguments, "author=😀", PYTHONIOENCODING="ascii")

    assert r"author is '\U0001f600\u200b'" in extract_hook_message(rejected)
    assert accepted.returncode == 0
    assert accepted.stdout.startswith("\nNext: cd my-api\n")


@pytest.mark.slow
def test_hook_lists_names_of_all_installed_packages(ready_project: Path) -> None:
    locks = [ready_project / f"requirements{kind}.txt" for kind in ("", "-dev", "-uv")]
    locked = {name for lock in locks for name in re.findall(r"(?m)^([\w.-]+)==", lock.read_text())}
    listing = "import importlib.metadata as m, json; print(json.dumps(m.packages_distributions()))"
    python = ready_project / ".venv/bin/python"
    output = subprocess.check_output([python, "-c", listing], env=user_environ())
    modules: dict[str, list[str]] = json.loads(output)

    def is_locked(distribution: str) -> bool:
        return re.sub(r"[-_.]+", "-", distribution).lower() in locked

    installed = {name for name, packages in modules.items() if any(map(is_locked, packages))}
    valid_slugs = {name for name in installed if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)}
    packages = {re.sub(r"[-_.]+", "-", it).lower() for names in modules.values() for it in names}
    not_installed = {name.replace("-", "_") for name in locked - packages}  # only on other systems

    hook = (TEMPLATE / "hooks/pre_gen_project.py").read_text(encoding="utf-8")
    listed = re.search(r'INSTALLED = """([^"]+)"""', hook)
    assert listed is not None
    assert listed[1].split() == sorted(valid_slugs | not_installed)
