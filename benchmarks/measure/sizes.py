"""How the time to verify a token depends on its length, the keys in the JWKS, and its scopes."""

from collections.abc import Mapping
from contextlib import ExitStack

from ..peers import this_template, this_template_new_tokens
from ..peers.all_peers import Verifier
from ..peers.response_body import SUBJECT
from .calls import RSA, accepted_call, rejected_call, rsa_call
from .long_tokens import HOSTILE_TOKENS, accepted_token
from .stopwatch import Samples, TimedCall, time_in_turns
from .summaries import Summary, growth_exponent, microseconds
from .tenant import Tenant, make_signing_key
from .testbed import Testbed
from .tokens import user_token

CHARS = {"0.5": 512, "1": 1_024, "2": 2_048, "4": 4_096, "8": 8_192, "16": 16_384}
"""Characters of a token, by the size in KB. The API rejects longer tokens without reading them."""

KEYS = (1, 2, 5, 20)

SCOPES = (1, 10, 100)

_GROWTH_FROM = 4_096


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Time verification by token length, keys in the JWKS and scopes in the token.

    Hostile tokens are as long as accepted ones: no shape may take more time than its length
    explains. All tokens are new to the verifier.
    """
    tenant = testbed.tenant
    verify = this_template_new_tokens.make_verifier(testbed.domain, testbed.audience)
    check = this_template.scope_check()
    rejection = this_template.rejection_class()
    tokens = {size: accepted_token(tenant, chars) for size, chars in CHARS.items()}
    calls: dict[str, TimedCall] = {RSA: rsa_call(tenant)}
    with ExitStack() as stack:
        for size, chars in CHARS.items():
            calls[f"accepted {size}"] = accepted_call(verify, tokens[size])
            for shape, make_token in HOSTILE_TOKENS.items():
                # Some hostile tokens are valid, but have no scope.
                calls[f"{shape} {size}"] = rejected_call(
                    lambda token: check(verify(token)), make_token(tenant, chars), rejection
                )
        for count in KEYS:
            another = stack.enter_context(testbed.another_tenant())
            calls[f"keys {count}"] = _verification_with_keys(another, count)
        for count in SCOPES:
            token = _token_with_scopes(tenant, count)
            calls[f"verify {count}"] = accepted_call(verify, token)
            calls[f"check {count}"] = _scope_check(verify, token)
        samples = time_in_turns(calls, rounds=15 if quick else 150, slice_seconds=0.005)
    return {
        "rsa_us": microseconds(samples[RSA]),
        "token_chars": {size: len(token) for size, token in tokens.items()},
        "accepted": _by_size(samples, "accepted"),
        "accepted_exponent": _exponent(samples, "accepted"),
        "hostile": {shape: _by_size(samples, shape) for shape in HOSTILE_TOKENS},
        "hostile_exponent": {shape: _exponent(samples, shape) for shape in HOSTILE_TOKENS},
        "keys": {str(count): microseconds(samples[f"keys {count}"]) for count in KEYS},
        "scopes": {
            str(count): {
                "verify": microseconds(samples[f"verify {count}"]),
                "check": microseconds(samples[f"check {count}"]),
            }
            for count in SCOPES
        },
    }


def _verification_with_keys(tenant: Tenant, count: int) -> TimedCall:
    """Verify with a JWKS of `count` keys, the last of which has signed the token."""
    others = [make_signing_key().jwk for _ in range(count - 1)]
    tenant.keys = [*others, *tenant.keys]
    verify = this_template_new_tokens.make_verifier(tenant.domain, tenant.audience)
    return accepted_call(verify, user_token(tenant))


def _token_with_scopes(tenant: Tenant, count: int) -> str:
    scopes = ["read:messages", *(f"read:things-{n:03}" for n in range(count - 1))]
    return tenant.token(" ".join(scopes), user=SUBJECT)


def _scope_check(verify: Verifier, token: str) -> TimedCall:
    check, verified = this_template.scope_check(), verify(token)
    return lambda: check(verified)


def _by_size(samples: Mapping[str, Samples], shape: str) -> dict[str, Summary]:
    return {size: microseconds(samples[f"{shape} {size}"]) for size in CHARS}


def _exponent(samples: Mapping[str, Samples], shape: str) -> float:
    """Leave out small tokens, for which the fixed time of the signature hides the growth."""
    return growth_exponent(
        {
            chars: samples[f"{shape} {size}"]
            for size, chars in CHARS.items()
            if chars >= _GROWTH_FROM
        }
    )
