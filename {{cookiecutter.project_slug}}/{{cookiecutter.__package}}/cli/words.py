"""The rules of `auth/rules.py` in words: each that holds, and each broken one with its facts."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..auth import rules
from ..auth.errors import InvalidToken
from ..auth.remedies import remedy
from ..auth.rules import Broken, Members
from .lines import Line, duration, shown


@dataclass(frozen=True, slots=True)
class Rule:
    """How a rule is put into words: what is said when it holds, and what it looks at."""

    text: str
    members: tuple[str, ...]
    broken: tuple[Broken, ...]


HEADER_RULES = (
    Rule("It is signed with RS256 (alg).", ("alg",), (rules.NO_RS256,)),
    Rule("Its header has no extensions (crit, b64).", ("crit", "b64"), (rules.EXTENDED,)),
    Rule("Its type, if it has one, is JWT or at+jwt (typ).", ("typ",), (rules.WRONG_TYPE,)),
    Rule("Its header has a key ID (kid).", ("kid",), (rules.NO_KEY_ID,)),
)
CLAIM_RULES = (
    Rule("It has not expired (exp).", ("exp",), (rules.NO_EXPIRY, rules.EXPIRED)),
    Rule("It is valid by now (nbf).", ("nbf",), (rules.BAD_NOT_BEFORE, rules.NOT_VALID_YET)),
    Rule("It was issued by now (iat).", ("iat",), (rules.BAD_ISSUE_TIME, rules.ISSUED_IN_FUTURE)),
    Rule("It was issued by this tenant (iss).", ("iss",), (rules.OTHER_ISSUER,)),
    Rule("It was issued for this audience (aud).", ("aud",), (rules.OTHER_AUDIENCE,)),
    Rule("It has a subject (sub).", ("sub",), (rules.NO_SUBJECT,)),
    Rule("It is bound to no key (cnf).", ("cnf",), (rules.BOUND,)),
)

_OF_TIME = {rules.EXPIRED, rules.NOT_VALID_YET, rules.ISSUED_IN_FUTURE}
_LONGEST = 3.2e9  # seconds since the epoch, or of it: about a hundred years


def of_rules(
    told: tuple[Rule, ...],
    members: Members,
    broken: set[Broken],
    expected: Members,
) -> Iterator[Line]:
    """Yield what there is to say of rules, in their order, given those that are broken.

    `expected` is what some members should be, by their name.
    """
    for rule in told:
        failed = [each for each in rule.broken if each in broken]
        for each in failed:
            yield refused(each, *_facts(rule, each, members, expected))
        if not failed:
            yield Line(True, rule.text)


def _facts(rule: Rule, failed: Broken, members: Members, expected: Members) -> Iterator[str]:
    """Say what stands in the token where the rule looks, and what should."""
    present = [name for name in rule.members if name in members]
    for name in present:
        value = members[name]
        if failed in _OF_TIME and isinstance(value, int | float):
            ahead = max(-_LONGEST, min(value, 2 * _LONGEST)) - time.time()
            there = "ago" if ahead < 0 else "ahead"
            yield f"{name} is {shown(value)}, {duration(abs(ahead))} {there}"
        else:
            yield f"{name} is {shown(value)}"
    if not present:
        yield f"there is no {rule.members[0]}"
    for name in rule.members:
        if name in expected:
            yield f"expected is {shown(expected[name])}"


def refused(rule: Broken, *facts: str) -> Line:
    """Return what there is to say of a rule that is broken."""
    return Line(False, rule.description, facts, remedy(InvalidToken(rule)))
