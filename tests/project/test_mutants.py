"""The tool for mutation tests: which mutants are killed, and which ones count."""

from pathlib import Path

import pytest

from tools import mutants

CHANGE = "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-{}\n+{}"


@pytest.mark.slow
def test_broken_rule_is_killed_and_equivalent_change_survives(tmp_path: Path) -> None:
    project = mutants.prepare_project(tmp_path / "mutants")

    settings = mutants.QUICK | {"only_mutate": ["messages_api/auth/bearer.py"]}
    names = [f"messages_api.auth.bearer.x_read_bearer__mutmut_{number}" for number in (12, 20)]
    found = mutants.run_mutants(project, settings, names)

    diffs = [(mutants.mutmut(project, "show", name), status) for name, status in found.items()]
    status_of = {line[1:].strip(): each for diff, each in diffs for line in diff.splitlines()[4:]}
    assert status_of['if scheme.lower() == "bearer":'] == "killed"
    assert status_of['return token.lstrip("XX XX")'] == "survived"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('raise TypeError("expected a name")', 'raise TypeError("XXexpected a nameXX")'),
        ('return cast("Request", request)', "return cast(None, request)"),
        ('yield "Retry-After", seconds', 'yield "retry-after", seconds'),
        ("    self._started += 1", "    self._started += 2"),
    ],
    ids=["message", "type", "header field", "listed"],
)
def test_equivalent_change_does_not_count(before: str, after: str) -> None:
    assert mutants.is_equivalent(CHANGE.format(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"kid": key_id, "client_id": None}', '{"XXkidXX": key_id, "client_id": None}'),
        ('log("Fetched %d keys", len(keys))', 'log("Fetched %d keys", None)'),
        ('yield "Retry-After", seconds', 'yield "XXRetry-AfterXX", seconds'),
        ('alg == "RS256"', 'alg == "rs256"'),
    ],
    ids=["name", "argument", "header field", "value"],
)
def test_any_other_change_counts(before: str, after: str) -> None:
    assert not mutants.is_equivalent(CHANGE.format(before, after))
