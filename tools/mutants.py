"""Mutation tests of the rendered `auth/`: `python -m tools.mutants`, optionally with patterns.

mutmut changes one expression at a time, and the tests must fail: the rendered `tests/auth`, then,
for the mutants that survive, the template's tests of security and of signing keys. Patterns such as
`messages_api.auth.rules*` select mutants.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.support.paths import TEMPLATE
from tests.support.rendering import render_defaults

MUTANTS_FOLDER = TEMPLATE / "build" / "mutants"
MINIMUM = 99
"""The percentage of mutants that must be killed."""
EQUIVALENT = {
    line.rpartition("  # ")[0]
    for line in Path(__file__).with_name("equivalent_mutants.txt").read_text("utf-8").splitlines()
}
"""The changed lines of mutants that no test can kill; the file gives the reasons."""

ARGUMENTS = ["-p", "no:schemathesis", "-W", "ignore:Module already imported"]
QUICK = {
    "source_paths": ["messages_api"],
    "only_mutate": ["messages_api/auth/*"],
    "also_copy": ["conftest.py", "local_auth0", "template_tests"],
    "pytest_add_cli_args": ARGUMENTS,
    "pytest_add_cli_args_test_selection": ["tests/auth", "tests/app/test_health.py"],
    "timeout_constant": 10.0,  # seconds
    "timeout_multiplier": 3.0,
}
LEFT_OUT = ("dpop", "test_policy_types.py", "test_properties.py", "test_wire.py")
"""Another render, and slow tests."""
THOROUGH = QUICK | {
    # Not part of the selection: mutmut ignores it when it runs only the tests of one mutant.
    "pytest_add_cli_args": [*ARGUMENTS, "-o", "markers=slow\nexhaustive"],
    "pytest_add_cli_args_test_selection": [
        *(f"--ignore=template_tests/security/{name}" for name in LEFT_OUT),
        "template_tests/security",
        "template_tests/runtime/test_jwks.py",
        "template_tests/runtime/test_key_cache.py",
        "template_tests/runtime/test_resource_metadata.py",
    ],
    # Each mutant imports the API in its own process, so that mutants of import-time code count.
    "process_isolation": "forkserver",
    "forkserver_warmup": "import",
    "preload_modules_file": "preload.txt",
}
PRELOADED = ("cryptography.x509", "flask_cors", "hypothesis", "jose.jwk", "jwt", "requests", "yaml")
# _LITERAL: a string, or a cast with its type. _TEXT: those of them that do not affect behaviour.
_LITERAL = re.compile(r"""cast\((?:None|"[^"]*"),|(['"])(?:(?!\1).)*\1""")
_HEADERS = "authorization|cache-control|retry-after|www-authenticate"
_TEXT = re.compile(rf"cast\(|\w[^\w\s]* \W*\w|^.(?i:{_HEADERS}).$")


def prepare_project(folder: Path) -> Path:
    """Render the defaults and add the template's tests as `template_tests`; return the project."""
    shutil.rmtree(folder, ignore_errors=True)
    project = render_defaults(folder)
    shutil.copytree(TEMPLATE / "tests", project / "template_tests")
    shutil.copy(Path(__file__).with_name("mutants_conftest.py"), project / "conftest.py")
    (project / "preload.txt").write_text("\n".join(PRELOADED), encoding="utf-8")
    return project


def mutmut(project: Path, *arguments: str) -> str:
    """Run mutmut in the project; return the output. Raises CalledProcessError if it fails."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    environ = os.environ | {"RENDERED_PROJECT": str(project / "mutants")}
    return subprocess.check_output(command, cwd=project, env=environ, text=True)


def run_mutants(
    project: Path, settings: Mapping[str, object], names: Sequence[str]
) -> dict[str, str]:
    """Test all mutants, or those with these names; return the status of each, such as killed."""
    pyproject = project / "pyproject.toml"
    rest = pyproject.read_text(encoding="utf-8").partition("\n[tool.mutmut]\n")[0]
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    pyproject.write_text("".join([rest, "\n[tool.mutmut]\n", *lines]), encoding="utf-8")
    mutmut(project, "run", *names)
    results = mutmut(project, "results", "--all", "true").splitlines()
    found = dict(line.strip().rsplit(": ", 1) for line in results if ": " in line)
    return {name: status for name, status in found.items() if status != "not checked"}


def is_equivalent(diff: str) -> bool:
    """Return whether a mutant only changes a message, a type or a header's case, or is listed."""
    lines = diff.splitlines()[3:]
    before, after = ([x[1:].strip() for x in lines if x.startswith(sign)] for sign in "-+")
    is_listed = " ".join(after) in EQUIVALENT
    return is_listed or [*map(_without_text, before)] == [*map(_without_text, after)]


def _without_text(line: str) -> str:
    return _LITERAL.sub(lambda match: "" if _TEXT.search(match[0]) else match[0], line)


def main(names: Sequence[str]) -> int:
    """Test the mutants; return the exit status, which is 0 if enough are killed."""
    project = prepare_project(MUTANTS_FOLDER)
    try:
        found = run_mutants(project, QUICK, names)
        alive = [name for name, status in found.items() if status != "killed"]
        print(f"tests/auth kill {len(found) - len(alive)} of {len(found)} mutants.", flush=True)
        with ThreadPoolExecutor() as threads:
            shown = threads.map(partial(mutmut, project, "show"), alive)
            diffs = dict(zip(alive, shown, strict=True))
        real = [name for name in alive if not is_equivalent(diffs[name])]
        print(f"{len(alive) - len(real)} others are equivalent.", flush=True)
        last = run_mutants(project, THOROUGH, real) if real else {}
    except subprocess.CalledProcessError as error:
        print(error.stdout[-4000:], file=sys.stderr)
        return error.returncode
    left = {name: status for name, status in last.items() if status != "killed"}
    for name, status in left.items():
        print(f"\n{status}: {diffs[name]}")
    total = len(found) - len(alive) + len(real)
    killed = 100 * (total - len(left)) / total
    counts = "".join(f", {number} {status}" for status, number in Counter(left.values()).items())
    print(f"{total} mutants, {killed:.1f} % killed (minimum: {MINIMUM} %){counts}")
    return 0 if killed >= MINIMUM else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
