"""The rendered API against its own document: schemathesis makes up requests, and judges the answers.

`pytest -q -rP tests/runtime/test_contract.py` shows how many there were.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from ..support.answers import ODD_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.rendering import Bake
from ..support.serving import Api, Gunicorn, report

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def judge(server: Gunicorn, folder: Path, token: str | None) -> tuple[int, str]:
    """Make up requests to every operation, with the token; return exit code and what is said."""
    command = [str(SCHEMATHESIS), "run", f"http://127.0.0.1:{server.port}/openapi.json"]
    command += ["--checks=all", "--max-examples=200", "--seed=1", "--no-color"]
    if token is not None:
        command.append(f"--header=Authorization: Bearer {token}")
    run = subprocess.run(
        command,
        cwd=folder,
        env=user_environ(NO_PROXY="*", no_proxy="*"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "claims", [None, {}, {"scope": "read:messages"}], ids=["no token", "no scope", "the scope"]
)
def test_no_answer_contradicts_the_document(
    api: Api, tmp_path: Path, request: pytest.FixtureRequest, claims: Mapping[str, str] | None
) -> None:
    token = None if claims is None else api.tenant.token(**claims)
    with api.served(workers=1) as server:
        operations = len(server.get("/openapi.json").json()["paths"])
        code, said = judge(server, tmp_path, token)

    cases = re.findall(r"(\d+) generated, (\d+) passed", said)
    report(request, operations=operations, cases=cases)
    assert code == 0, said
    assert f"Tested: {operations}\n" in said
    assert len(cases) == 1
    assert int(cases[0][0]) == int(cases[0][1]) >= 50


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "right", "wrong", "complaint"),
    [
        pytest.param(
            "openapi.yaml",
            "properties: { message: { type: string } }",
            "properties: { message: { type: number } }",
            "Response violates schema",
            id="another type",
        ),
        pytest.param(
            "openapi.py",
            "    if not policy.requirements:\n",
            "    if policy.requirements:\n",
            "Undocumented status code",
            id="a status that is not there",
        ),
        pytest.param(
            "openapi.py",
            "    if policy.access is Access.PUBLIC:\n",
            "    if policy.access is Access.REQUIRED:\n",
            "API accepts requests without authentication",
            id="an endpoint that is open",
        ),
    ],
)
def test_an_answer_that_contradicts_the_document_is_noticed(
    api: Api, tmp_path: Path, file: str, right: str, wrong: str, complaint: str
) -> None:
    edited = api.copy() / "messages_api" / file
    text = edited.read_text()
    assert text.count(right) == 1
    edited.write_text(text.replace(right, wrong))

    with api.served(workers=1) as server:
        code, said = judge(server, tmp_path, api.tenant.token())

    assert code == 1
    assert complaint in said


@pytest.mark.parametrize("answers", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_the_document_has_odd_answers_as_they_were_typed(
    bake: Bake, answers: dict[str, str]
) -> None:
    project = bake(**as_jinja(answers))

    source = project / project.name.replace("-", "_") / "openapi.yaml"
    info = yaml.safe_load(source.read_text(encoding="utf-8"))["info"]
    assert info["title"] == " ".join(answers["project_name"].split())
    assert info["description"] == " ".join(answers["description"].split())
