"""The rules of `auth/rules.py` in words: what holds, and each violation with its facts."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..auth import rejections
from ..auth.rejections import Reason
from ..auth.rules import Members
from .lines import Line, duration, shown


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words: the sentence when it holds, the members it reads, how it is violated."""

    text: str
    members: tuple[str, ...]
    violations: tuple[Reason, ...]


HEADER_RULES = (
    Rule("It is signed with RS256 (alg).", ("alg",), (rejections.WRONG_ALGORITHM,)),
    Rule(
        "Its header has no extensions (crit, b64).",
        ("crit", "b64"),
        (rejections.UNKNOWN_EXTENSION,),
    ),
    Rule("Its type, if any, is JWT or at+jwt (typ).", ("typ",), (rejections.WRONG_TYPE,)),
    Rule("Its header has a key ID (kid).", ("kid",), (rejections.NO_KEY_ID,)),
)
CLAIM_RULES = (
    Rule("It has not expired (exp).", ("exp",), (rejections.INVALID_EXPIRY, rejections.EXPIRED)),
    Rule(
        "It is already valid (nbf).",
        ("nbf",),
        (rejections.INVALID_NOT_BEFORE, rejections.NOT_YET_VALID),
    ),
    Rule(
        "It was issued in the past (iat).",
        ("iat",),
        (rejections.INVALID_ISSUED_AT, rejections.ISSUED_IN_FUTURE),
    ),
    Rule("It was issued by this tenant (iss).", ("iss",), (rejections.WRONG_ISSUER,)),
    Rule("It was issued for this audience (aud).", ("aud",), (rejections.WRONG_AUDIENCE,)),
    Rule("It has a subject (sub).", ("sub",), (rejections.NO_SUBJECT,)),
    Rule("It is not bound to a key (cnf).", ("cnf",), (rejections.SENDER_CONSTRAINED,)),
)

_ABOUT_TIME = {rejections.EXPIRED, rejections.NOT_YET_VALID, rejections.ISSUED_IN_FUTURE}
_LONGEST = 3.2e9  # seconds since the epoch, or of it: about a hundred years


def rule_lines(
    rules: tuple[Rule, ...], members: Members, violations: set[Reason], expected: Members
) -> Iterator[Line]:
    """Yield a line for each rule that holds, and one for each violation.

    `expected`: what some members should be, by their name.
    """
    for rule in rules:
        violated = [each for each in rule.violations if each in violations]
        for reason in violated:
            yield violation(reason, *_facts(rule, reason, members, expected))
        if not violated:
            yield Line(True, rule.text)


def _facts(rule: Rule, reason: Reason, members: Members, expected: Members) -> Iterator[str]:
    """Yield what the token has where the rule looks, and what it should have."""
    present = [name for name in rule.members if name in members]
    for name in present:
        value = members[name]
        if reason in _ABOUT_TIME and isinstance(value, int | float):
            ahead = max(-_LONGEST, min(value, 2 * _LONGEST)) - time.time()
            direction = "ago" if ahead < 0 else "ahead"
            yield f"{name} is {shown(value)}, {duration(abs(ahead))} {direction}"
        else:
            yield f"{name} is {shown(value)}"
    if not present:
        yield f"there is no {rule.members[0]}"
    for name in rule.members:
        if name in expected:
            yield f"expected is {shown(expected[name])}"


def violation(reason: Reason, *facts: str) -> Line:
    """Return the line for a rule that the token violates."""
    return Line(False, reason.description, facts, reason.hint)
