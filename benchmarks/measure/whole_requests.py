"""The time that protecting an endpoint adds to a request through Flask.

Requests come from Flask's test client, without a socket; `server` measures those over HTTP.
"""

from collections.abc import Mapping

from ..peers.all_peers import TIMED_PEERS
from .calls import RSA, request_call, rsa_call, rsa_in_request, rsa_requests
from .scope_check import measure_scope_check
from .stopwatch import TimedCall, time_in_turns
from .summaries import difference_ratio, microseconds, ratio
from .testbed import Testbed
from .tokens import authorization, rejected_tokens


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Time `GET /public` and `/private` of each peer, this template's also with rejected tokens."""
    rounds = 3 if quick else 30
    rsa, valid = rsa_call(testbed.tenant), authorization(testbed.token)
    apps = {
        name: peer.make_app(testbed.domain, testbed.audience) for name, peer in TIMED_PEERS.items()
    }
    rejected: Mapping[str, Mapping[str, str]] = {
        **{reason: authorization(it) for reason, it in rejected_tokens(testbed.tenant).items()},
        "authorization_missing": {},
    }
    calls: dict[str, TimedCall] = {RSA: rsa, **rsa_requests(testbed.tenant, valid)}
    for name, app in apps.items():
        calls[f"private {name}"] = request_call(app, "/private", valid, 200)
        calls[f"public {name}"] = request_call(app, "/public", valid, 200)
    for reason, headers in rejected.items():
        calls[f"rejected {reason}"] = request_call(apps["this_template"], "/private", headers, 401)
    samples = time_in_turns(calls, rounds, slice_seconds=0.02)
    accepted = samples["private this_template_new_tokens"]
    in_request = rsa_in_request(samples)
    return {
        "rsa_us": microseconds(samples[RSA]),
        "rsa_in_request_to_rsa": ratio(in_request, samples[RSA]),
        "protection_to_rsa": {
            name: difference_ratio(
                samples[f"private {name}"], samples[f"public {name}"], in_request
            )
            for name in apps
        },
        "public_us": {name: microseconds(samples[f"public {name}"]) for name in apps},
        "private_us": {name: microseconds(samples[f"private {name}"]) for name in apps},
        "rejected_us": {reason: microseconds(samples[f"rejected {reason}"]) for reason in rejected},
        "rejected_to_accepted": {
            reason: ratio(samples[f"rejected {reason}"], accepted) for reason in rejected
        },
        **measure_scope_check(testbed, 15 * rounds),
    }
