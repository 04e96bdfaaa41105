"""Moving to a custom domain under load, as docs/operations.md describes it.

`pytest -q -rP tests/runtime/test_custom_domain.py` shows the requests and responses of each phase.
"""

import signal
from collections import Counter
from pathlib import Path

import pytest

from ..support.serving import Api, Gunicorn, report_figures
from ..support.traffic import CallOutcome, ExpectedCall, Traffic
from ..support.waiting import wait_until

pytestmark = pytest.mark.slow

PUBLIC, PRIVATE = ExpectedCall("/api/public", 200), "/api/private"
SETTINGS = {"AUTH0_DOMAIN": None} | dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1")


class DomainMove:
    """Sends requests with tokens of both domains, and records the outcomes by phase."""

    def __init__(self, server: Gunicorn, dotenv: Path, traffic: Traffic) -> None:
        self.phases: dict[str, list[CallOutcome]] = {}
        self._server, self._dotenv, self._traffic = server, dotenv, traffic

    def phase(self, name: str, old: ExpectedCall, new: ExpectedCall, *domains: str) -> None:
        """Send these calls, and meanwhile configure other domains, if any are given."""
        start = len(self._traffic.outcomes)
        self._traffic.calls = [old, new, PUBLIC]
        self._traffic.wait_for_calls(20)  # each thread sends the new calls by now
        if domains:
            self._trust(domains)
        self._traffic.wait_for_calls()
        self.phases[name] = self._traffic.outcomes[start:]

    def _trust(self, domains: tuple[str, ...]) -> None:
        """Configure these domains; wait until all workers have fetched the keys of each."""
        write_domains(self._dotenv, *domains)
        workers, fetches = self._server.workers(), self._server.fetches()
        self._server.process.send_signal(signal.SIGHUP)
        self._server.wait_for_new_workers(workers, len(workers))
        expected = fetches + len(workers) * len(domains)
        wait_until(lambda: self._server.fetches() >= expected, "each worker has all keys")

    def rejection(self, token: str) -> str | None:
        """Return the code of the rejection of a token, or None if it is accepted."""
        response = self._server.get(PRIVATE, Authorization=f"Bearer {token}")
        code: str | None = response.json().get("code")
        return code


def write_domains(dotenv: Path, *domains: str) -> None:
    dotenv.write_text(f"AUTH0_DOMAIN={', '.join(domains)}\n")


def count_lost(seen: list[CallOutcome]) -> int:
    """Count requests without a response or with a server error."""
    return sum(one.status == 0 or one.status >= 500 for one in seen)


def test_move_to_a_custom_domain_loses_no_request(api: Api, request: pytest.FixtureRequest) -> None:
    old, custom = api.tenant.domains
    of_old, of_custom = (api.tenant.token(iss=f"https://{it}/") for it in (old, custom))
    old_accepted, custom_accepted = (
        ExpectedCall(PRIVATE, 200, of_old),
        ExpectedCall(PRIVATE, 200, of_custom),
    )
    old_rejected, custom_rejected = (
        ExpectedCall(PRIVATE, 401, of_old),
        ExpectedCall(PRIVATE, 401, of_custom),
    )
    any_old, any_custom = (
        ExpectedCall(PRIVATE, 200, it, alternative_status=401) for it in (of_old, of_custom)
    )
    dotenv = api.copy() / ".env"
    write_domains(dotenv, old)

    with api.served(environ=SETTINGS) as server, Traffic(server.port, [PUBLIC]) as traffic:
        move = DomainMove(server, dotenv, traffic)
        move.phase("old domain", old_accepted, custom_rejected)
        codes = [move.rejection(of_custom)]
        move.phase("adding the custom domain", old_accepted, any_custom, old, custom)
        move.phase("both domains", old_accepted, custom_accepted)
        codes += [move.rejection(of_old), move.rejection(of_custom)]
        move.phase("removing the old domain", any_old, custom_accepted, custom)
        move.phase("custom domain", old_rejected, custom_accepted)
        codes += [move.rejection(of_old), move.rejection(of_custom)]

    names = {of_old: "old", of_custom: "custom", None: "none"}
    outcomes = {
        name: Counter(f"{names[one.call.token]} {one.status}" for one in seen)
        for name, seen in move.phases.items()
    }
    table = {
        name: f"{len(seen)} requests, {count_lost(seen)} lost;"
        f" {dict(sorted(outcomes[name].items()))}"
        for name, seen in move.phases.items()
    }
    report_figures(request, traffic, **table)
    assert count_lost(traffic.outcomes) == 0
    assert traffic.failed == []
    assert codes == ["invalid_issuer", None, None, "invalid_issuer", None]
    assert outcomes["both domains"].keys() == {"old 200", "custom 200", "none 200"}
    assert outcomes["custom domain"].keys() == {"old 401", "custom 200", "none 200"}
