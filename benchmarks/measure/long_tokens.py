"""Tokens of a given length: accepted ones, and hostile ones that are made to be slow."""

from base64 import urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Mapping

from ..peers.response_body import SUBJECT
from .tenant import Tenant
from .tokens import SCOPE, user_token

_DIGITS = 4_000
"""Python converts integers of up to 4,300 digits, in time that grows with the square."""


def accepted_token(tenant: Tenant, chars: int) -> str:
    """Return a valid token of `chars` characters or a little less, padded with permissions.

    The shortest token that a tenant signs is longer than 512 characters: its signature takes 342.
    """
    if chars < len(user_token(tenant)):
        return tenant.token(azp=None, gty=None, iat=None)
    permissions = [f"read:things-{n:06}" for n in range(chars // 20)]
    return _longest(chars, lambda count: tenant.token(SCOPE, permissions[:count], SUBJECT))


def _one_segment(_: Tenant, chars: int) -> str:
    return "a" * chars


def _dots(_: Tenant, chars: int) -> str:
    return "." * chars


def _nested_header(_: Tenant, chars: int) -> str:
    """Nest arrays, deeper than the stack of a JSON parser allows."""
    return _longest(chars, lambda count: _unsigned(b"[" * count))


def _spaces_in_scope(tenant: Tenant, chars: int) -> str:
    """Sign a token whose scope consists of separators."""
    return _longest(chars, lambda count: tenant.token(" " * count, azp=None, gty=None, iat=None))


def _digits(_: Tenant, chars: int) -> str:
    """Fill the header with the longest integers that Python converts."""

    def with_digits(count: int) -> str:
        digits = "1" * count
        numbers = [digits[start : start + _DIGITS] for start in range(0, count, _DIGITS)]
        return _unsigned(f'{{"kid":[{",".join(numbers)}]}}'.encode())

    return _longest(chars, with_digits)


HOSTILE_TOKENS: Mapping[str, Callable[[Tenant, int], str]] = {
    "one_segment": _one_segment,
    "dots": _dots,
    "nested_header": _nested_header,
    "spaces_in_scope": _spaces_in_scope,
    "digits": _digits,
}


def _unsigned(header: bytes) -> str:
    """Return a token with this header, an empty payload, and a signature that does not match."""
    encoded = urlsafe_b64encode(header).rstrip(b"=").decode()
    return f"{encoded}.e30.AA"


def _longest(chars: int, make_token: Callable[[int], str]) -> str:
    """Return the longest token of at most `chars` characters, or the empty one if that is longer."""
    count = bisect_right(range(chars), chars, key=lambda count: len(make_token(count)))
    return make_token(max(0, count - 1))
