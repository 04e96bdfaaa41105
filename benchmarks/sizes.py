"""How the cost of this template's verification grows: with the token, the key set and the scopes.

Hostile tokens have the sizes of good ones: none of them may cost more than its size warrants.
"""

import bisect
import contextlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from .answer import SUBJECT
from .peers import ours
from .site import SCOPE, Site, Tenant, Verify, scope_check, user_token
from .stopwatch import (
    Call,
    Figure,
    Pace,
    Samples,
    alternate,
    growth_exponent,
    microseconds,
)
from .verify import RAW, raw_check

CHARS = {"0.5": 512, "1": 1_024, "2": 2_048, "4": 4_096, "8": 8_192, "16": 16_384}
"""Characters of a token, by its size in KB. The last is the longest that is looked at."""

KEYS = (1, 2, 5, 20)

SCOPES = (1, 10, 100)

_GROWTH_FROM = 4_096

_DIGITS = 4_000
"""Python converts integers of up to 4,300 digits, in time that grows with their square."""


def measure(site: Site, quick: bool) -> dict[str, object]:
    """Time verification over sizes, hostile shapes, keys in the set and scopes in the token."""
    pace = Pace.of(quick, rounds=150, seconds_per_slice=0.005)
    verify = ours.make_verifier(site.domain, site.audience)
    tokens = {size: _sized(site.tenant, chars) for size, chars in CHARS.items()}
    with ExitStack() as stack:
        calls: dict[str, Call] = {RAW: raw_check(site.tenant)}
        for size, token in tokens.items():
            calls[f"token {size}"] = _verifying(verify, token)
        for shape, make in _SHAPES.items():
            for size, chars in CHARS.items():
                hostile = _hostile(verify, make(site.tenant, chars), site.rejection)
                calls[f"{shape} {size}"] = hostile
        for count in KEYS:
            tenant = stack.enter_context(site.another_tenant())
            calls[f"keys {count}"] = _with_keys(tenant, site, count)
        for count in SCOPES:
            calls |= _with_scopes(verify, site.tenant, count)
        taken = alternate(calls, pace.rounds, pace.seconds_per_slice)
    return {
        "raw_us": microseconds(taken[RAW]),
        "token_chars": {size: len(token) for size, token in tokens.items()},
        "token": _by_size(taken, "token"),
        "token_exponent": _exponent(taken, "token"),
        "hostile": {shape: _by_size(taken, shape) for shape in _SHAPES},
        "hostile_exponent": {shape: _exponent(taken, shape) for shape in _SHAPES},
        "keys": {str(count): microseconds(taken[f"keys {count}"]) for count in KEYS},
        "scopes": {
            str(count): {
                "verify": microseconds(taken[f"scopes {count}"]),
                "check": microseconds(taken[f"check {count}"]),
            }
            for count in SCOPES
        },
    }


def _by_size(taken: Mapping[str, Samples], shape: str) -> dict[str, Figure]:
    return {size: microseconds(taken[f"{shape} {size}"]) for size in CHARS}


def _exponent(taken: Mapping[str, Samples], shape: str) -> float:
    """Smaller tokens are left out: there the signature's fixed cost hides what grows."""
    large = {size: chars for size, chars in CHARS.items() if chars >= _GROWTH_FROM}
    return growth_exponent({chars: taken[f"{shape} {size}"] for size, chars in large.items()})


def _verifying(verify: Verify, token: str) -> Call:
    verify(token)
    return lambda: verify(token)


def _hostile(verify: Verify, token: str, refusal: type[Exception]) -> Call:
    """Return the call that verifies and asks for a scope, and always ends with a refusal."""

    check = scope_check()

    def call() -> None:
        with contextlib.suppress(refusal):
            check(verify(token))
            raise RuntimeError("A hostile token was taken.")

    return call


def _with_keys(tenant: Tenant, site: Site, count: int) -> Call:
    """Verify against a key set of so many keys, of which the last has signed."""
    others = [site.new_key().jwk for _ in range(count - 1)]
    tenant.keys = [*others, *tenant.keys]
    return _verifying(ours.make_verifier(tenant.domain, tenant.audience), user_token(tenant))


def _with_scopes(verify: Verify, tenant: Tenant, count: int) -> dict[str, Call]:
    scopes = ["read:messages", *(f"read:things-{n:03}" for n in range(count - 1))]
    token = tenant.token(" ".join(scopes), user=SUBJECT)
    verified, check = verify(token), scope_check()
    return {
        f"scopes {count}": lambda: verify(token),
        f"check {count}": lambda: check(verified),
    }


def _sized(tenant: Tenant, chars: int) -> str:
    """Return a good token of so many characters or a little less, filled up by permissions.

    The least that a tenant signs is longer than 512 characters, of which the signature has 342.
    """
    if chars < len(user_token(tenant)):
        return tenant.token(azp=None, gty=None, iat=None)
    names = [f"read:things-{n:06}" for n in range(chars // 20)]
    return _longest(chars, lambda count: tenant.token(SCOPE, names[:count], SUBJECT))


def _one_segment(_: Tenant, chars: int) -> str:
    return "a" * chars


def _dots(_: Tenant, chars: int) -> str:
    return "." * chars


def _nested_header(_: Tenant, chars: int) -> str:
    """Arrays in arrays, up to more than a JSON parser has a stack for."""
    return _longest(chars, lambda count: _headed(b"[" * count))


def _digits(_: Tenant, chars: int) -> str:
    """A header full of digits, in the longest integers that are converted at all."""

    def with_digits(count: int) -> str:
        digits = "1" * count
        numbers = [digits[start : start + _DIGITS] for start in range(0, count, _DIGITS)]
        return _headed(f'{{"kid":[{",".join(numbers)}]}}'.encode())

    return _longest(chars, with_digits)


def _blank_scope(tenant: Tenant, chars: int) -> str:
    """A signed token whose scope is nothing but separators."""
    return _longest(chars, lambda count: tenant.token(" " * count, azp=None, gty=None, iat=None))


_SHAPES: Mapping[str, Callable[[Tenant, int], str]] = {
    "one_segment": _one_segment,
    "dots": _dots,
    "nested_header": _nested_header,
    "blank_scope": _blank_scope,
    "digits": _digits,
}


def _headed(header: bytes) -> str:
    """Return a token of this header that has the shape of a signed one, and is signed by nobody."""
    encoded = urlsafe_b64encode(header).rstrip(b"=").decode()
    return f"{encoded}.e30.AA"


def _longest(chars: int, make: Callable[[int], str]) -> str:
    """Return the longest token of at most so many characters; the empty one, if that is longer."""
    counts = range(chars)
    count = bisect.bisect_right(counts, chars, key=lambda count: len(make(count)))
    return make(max(0, count - 1))
