"""The time to verify a token, in multiples of one RSA verification."""

from collections.abc import Mapping

from ..peers import this_template, this_template_new_tokens
from ..peers.all_peers import TIMED_PEERS
from .calls import RSA, accepted_call, rejected_call, rsa_call
from .stopwatch import time_in_turns
from .summaries import microseconds, ratio
from .testbed import Testbed
from .tokens import rejected_tokens


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Time each peer's verifier with an accepted token, this template's also with rejected ones."""
    verifiers = {
        name: peer.make_verifier(testbed.domain, testbed.audience)
        for name, peer in TIMED_PEERS.items()
        if peer.make_verifier is not None
    }
    accepted = {name: accepted_call(verify, testbed.token) for name, verify in verifiers.items()}
    make_verifier = this_template_new_tokens.make_verifier
    verify = make_verifier(testbed.domain, testbed.audience)
    verify(testbed.token)  # fetches the keys
    rejection = this_template.rejection_class()
    rejected = {
        reason: rejected_call(verify, token, rejection)
        for reason, token in rejected_tokens(testbed.tenant).items()
    }
    by_domains = {
        count: accepted_call(make_verifier(domains, testbed.audience), testbed.token)
        for count, domains in _domains(testbed).items()
    }
    samples = time_in_turns(
        {
            RSA: rsa_call(testbed.tenant),
            **accepted,
            **by_domains,
            **{f"rejected {reason}": call for reason, call in rejected.items()},
        },
        rounds=40 if quick else 400,
        slice_seconds=0.005,
    )
    return {
        "token_chars": len(testbed.token),
        "rsa_us": microseconds(samples[RSA]),
        "to_rsa": {name: ratio(samples[name], samples[RSA]) for name in accepted},
        "us": {name: microseconds(samples[name]) for name in accepted},
        "domains": {
            count: {
                "to_rsa": ratio(samples[count], samples[RSA]),
                "to_one": ratio(samples[count], samples["1"]),
            }
            for count in by_domains
        },
        "rejected": {
            reason: {
                "to_rsa": ratio(samples[f"rejected {reason}"], samples[RSA]),
                "to_accepted": ratio(
                    samples[f"rejected {reason}"], samples["this_template_new_tokens"]
                ),
                "us": microseconds(samples[f"rejected {reason}"]),
            }
            for reason in rejected
        },
    }


def _domains(testbed: Testbed) -> Mapping[str, str]:
    """Return the setting AUTH0_DOMAIN with 1, 2 and 5 domains. The last one issued the token."""
    return {
        str(count): ", ".join([*(f"{n}.tenant.example" for n in range(1, count)), testbed.domain])
        for count in (1, 2, 5)
    }
