"""A line of what a command says, and how values that nobody has checked stand in one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import click

_MARKS: Mapping[bool | None, tuple[str, str, str]] = {
    True: ("\N{CHECK MARK}", "ok", "green"),
    False: ("\N{BALLOT X}", "NO", "red"),
    None: ("-", "-", "yellow"),
}
_HUNDRED_YEARS = 3.2e9  # seconds


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is well, or not, or that could not be judged (None)."""

    is_well: bool | None
    text: str
    facts: tuple[str, ...] = ()
    hint: str = ""

    def text_for(self, encoding: str) -> str:
        """Return the line with what is below it; the mark is ASCII where it has to be."""
        mark, plain, colour = _MARKS[self.is_well]
        try:
            mark.encode(encoding)
        except UnicodeEncodeError:
            mark = plain
        hint = (f"-> {self.hint}",) if self.hint else ()
        first = f"{click.style(mark, fg=colour)} {self.text}"
        return "\n    ".join((first, *self.facts, *hint))


def shown(value: object, longest: int = 100) -> str:
    """Write what somebody else has sent as JSON in ASCII: no terminal obeys that."""
    try:
        text = json.dumps(value)
    except (ValueError, RecursionError):
        return "something that cannot be shown"
    return text if len(text) <= longest else f"{text[:longest]}..."


def duration(seconds: float) -> str:
    """Write a length of time roughly, as people say it."""
    if seconds >= _HUNDRED_YEARS:
        return "more than a hundred years"
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}"
    return f"{round(seconds)} s"
