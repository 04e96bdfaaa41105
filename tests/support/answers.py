"""Answers to the template's prompts: the choices, and unusual answers that must render intact."""

import json
from collections.abc import Mapping

from .paths import TEMPLATE

PROMPTS = json.loads((TEMPLATE / "cookiecutter.json").read_text())

QUOTES = "'\"" + '"""' + "'''"

INJECTION = '"; import os; os.system("touch pwned") #'

UNUSUAL_ANSWERS = {
    "quotes and a slug before flask": {
        "project_name": f"Ann's {QUOTES} \\ 🦆 # {{{{ 7*7 }}}}",
        "project_slug": "aaa",
        "description": f"Says {QUOTES} \\n \\ {{% raw %}} {{# and #}} {QUOTES}",
        "author": f"Ann {QUOTES} O'Hara \\",
        "auth0_audience": f"urn:{QUOTES}\\n\\'🦆#{{{{7*7}}}}{QUOTES}\\",
        "license": "Apache-2.0",
        "deployment": "kubernetes",
    },
    "an injection and a slug after local_auth0": {
        "project_name": INJECTION,
        "project_slug": "zzz",
        "description": f"{INJECTION} $(touch pwned) `touch pwned` $(shell touch pwned)",
        "author": f"{INJECTION}\\",
        "auth0_audience": '";__import__("os").system("touch\\x20pwned")#',
        "deployment": "none",
    },
    "the longest": {
        "project_name": "A long name " * 8,
        "project_slug": "a-slug-of-exactly-fifty-characters-which-is-plenty",
        "description": "A sentence that goes on. " * 20,
        "auth0_audience": "https://api.example.com/" + "a" * 276,
        "auth0_domain": "HTTPS://Login.Example.com:8443/ , desk.eu.auth0.com",
        "cors_origins": "http://localhost:3000,https://App.example.com , https://b.example.com:444",
        "license": "Proprietary",
    },
    "the shortest": {
        "project_name": "M",
        "project_slug": "m",
        "description": "",
        "author": "Ö",
        "auth0_audience": "\\",
        "auth0_domain": "localhost",
        "cors_origins": "*",
    },
}


def as_jinja(answers: Mapping[str, str]) -> dict[str, str]:
    """Quote answers as Jinja strings: Cookiecutter renders answers that it gets from Python."""
    return {
        name: answer
        if isinstance(PROMPTS[name], list)
        else f"{{{{ {json.dumps(answer, ensure_ascii=False)} }}}}"
        for name, answer in answers.items()
    }
