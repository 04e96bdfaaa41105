"""The rendered API and its OpenAPI document: schemathesis generates requests, checks the responses.

`pytest -q -rP tests/runtime/test_contract.py` shows how many requests there were.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ..support.answers import UNUSUAL_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.rendering import Bake
from ..support.serving import Api, Gunicorn, api_with_tenant, report_figures

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@dataclass(frozen=True)
class Mistake:
    """A change that makes the document wrong, and what schemathesis reports."""

    file: str
    right: str
    wrong: str
    complaint: str


WRONG_TYPE = Mistake(
    "openapi.yaml",
    "properties: { message: { type: string } }",
    "properties: { message: { type: number } }",
    "Response violates schema",
)
MISSING_STATUS = Mistake(
    "openapi.py",
    "    if not policy.requirements:\n",
    "    if policy.requirements:\n",
    "Undocumented status code",
)
OPEN_ENDPOINT = Mistake(
    "openapi.py",
    "    if policy.access is Access.PUBLIC:\n",
    "    if policy.access is Access.REQUIRED:\n",
    "API accepts requests without authentication",
)


def check_contract(server: Gunicorn, folder: Path, token: str | None) -> tuple[int, str]:
    """Send generated requests to every operation; return schemathesis's exit status and output.

    No operation takes a parameter or a body, so that examples differ only in their headers.
    """
    command = [str(SCHEMATHESIS), "run", f"http://127.0.0.1:{server.port}/openapi.json"]
    command += ["--checks=all", "--max-examples=20", "--seed=1", "--no-color"]
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


@pytest.fixture(scope="module")
def contract_api(
    ready_project: Path, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    with api_with_tenant(ready_project, api_folder, tmp_path_factory.mktemp("contract")) as api:
        yield api


@pytest.fixture(scope="module")
def server(contract_api: Api) -> Iterator[Gunicorn]:
    with contract_api.served(workers=1) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    "claims", [None, {}, {"scope": "read:messages"}], ids=["no token", "no scope", "the scope"]
)
def test_responses_match_the_openapi_document(
    contract_api: Api,
    server: Gunicorn,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    claims: Mapping[str, str] | None,
) -> None:
    token = None if claims is None else contract_api.tenant.token(**claims)
    operations = len(server.get("/openapi.json").json()["paths"])

    status, output = check_contract(server, tmp_path, token)

    cases = re.findall(r"(\d+) generated, (\d+) passed", output)
    report_figures(request, operations=operations, cases=cases)
    assert status == 0, output
    assert f"Tested: {operations}\n" in output
    assert len(cases) == 1
    assert int(cases[0][0]) == int(cases[0][1]) >= 50


@pytest.mark.slow
@pytest.mark.parametrize(
    "mistakes",
    [[WRONG_TYPE, MISSING_STATUS], [OPEN_ENDPOINT]],
    ids=["wrong type and missing status", "open endpoint"],
)
def test_wrong_openapi_document_is_detected(
    api: Api, tmp_path: Path, mistakes: list[Mistake]
) -> None:
    """Mistakes that lead to the same complaint need a run each."""
    package = api.copy() / "messages_api"
    for mistake in mistakes:
        text = (package / mistake.file).read_text()
        assert text.count(mistake.right) == 1
        (package / mistake.file).write_text(text.replace(mistake.right, mistake.wrong))

    with api.served(workers=1) as server:
        status, output = check_contract(server, tmp_path, api.tenant.token())

    assert status == 1
    assert [each.complaint for each in mistakes if each.complaint not in output] == []


@pytest.mark.parametrize("answers", UNUSUAL_ANSWERS.values(), ids=UNUSUAL_ANSWERS)
def test_document_contains_unusual_answers_verbatim(bake: Bake, answers: dict[str, str]) -> None:
    project = bake(**as_jinja(answers))

    source = project / project.name.replace("-", "_") / "openapi.yaml"
    info = yaml.safe_load(source.read_text(encoding="utf-8"))["info"]
    assert info["title"] == " ".join(answers["project_name"].split())
    assert info["description"] == " ".join(answers["description"].split())
