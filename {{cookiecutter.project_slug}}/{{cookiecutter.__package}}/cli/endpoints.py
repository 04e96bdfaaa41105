"""Which endpoints a token gives access to."""

from collections.abc import Iterator

from flask import Flask

from ..auth import AccessToken
from ..auth.gate import policies
from ..auth.policies import Access
from .lines import Line


def endpoint_lines(app: Flask, token: AccessToken, is_accepted: bool) -> Iterator[Line]:
    """Yield a line for each endpoint that requires a token, by the policies that the gate enforces."""
    for rule, method, policy in policies(app):
        if policy.access is not Access.REQUIRED or method == "HEAD":
            continue
        endpoint = f"{method} {rule.rule}"
        missing = [str(each) for each in policy.requirements if not each.is_met_by(token)]
        if missing:
            yield Line(None, f"Not enough for {endpoint}, which requires {' and '.join(missing)}.")
        elif is_accepted:
            yield Line(True, f"It gives access to {endpoint}.")
        else:
            yield Line(None, f"If it were valid, it would give access to {endpoint}.")
