"""The time that `@requires_scope` adds to `@requires_auth`."""

from itertools import chain

from ..peers import this_template
from ..peers.response_body import response_body
from .calls import request_call, rsa_in_request, rsa_requests
from .stopwatch import time_in_turns
from .summaries import Summary, difference_ratio, median_samples
from .testbed import Testbed
from .tokens import authorization

_EQUAL_ENDPOINTS = 5


def measure_scope_check(testbed: Testbed, rounds: int) -> dict[str, Summary]:
    """Compare endpoints with and without a scope, and as a control two groups without one.

    The difference is about a hundredth of a request. Two endpoints with the same decorator differ
    by almost as much, because of where their code and data lie in memory. So each group has
    several endpoints, and their median counts.
    """
    app = this_template.make_app(testbed.domain, testbed.audience)
    auth = this_template.import_auth()
    decorators = {
        "auth": auth.requires_auth,
        "control": auth.requires_auth,
        "scope": auth.requires_scope("read:messages"),
    }

    def view() -> dict[str, object]:
        return response_body(auth.current_token.subject)

    paths = {group: [f"/{group}/{n}" for n in range(_EQUAL_ENDPOINTS)] for group in decorators}
    for group, decorator in decorators.items():
        for path in paths[group]:
            app.add_url_rule(path, path, decorator(view))
    headers = authorization(testbed.token)
    calls = {path: request_call(app, path, headers, 200) for path in chain(*paths.values())}
    calls |= rsa_requests(testbed.tenant, headers)
    samples = time_in_turns(calls, rounds, slice_seconds=0.004)
    auth_only, control, scope = (
        median_samples([samples[path] for path in group]) for group in paths.values()
    )
    in_request = rsa_in_request(samples)
    return {
        "scope_check_to_rsa": difference_ratio(scope, auth_only, in_request),
        "control_to_rsa": difference_ratio(control, auth_only, in_request),
    }
