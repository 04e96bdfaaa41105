"""Taking a thing out of a text, as an owner does who deletes what it belongs to.

Each function raises ValueError if the thing is not there; those for one thing, if there are several.
"""

import re
from collections.abc import Callable, Sequence

Edit = Callable[[str, str], str]

PUBLIC = "/api/public"


def without_import(text: str, name: str) -> str:
    """Take a name out of the line that imports it, or the line out, if it imports nothing else."""
    lines = text.splitlines()
    there = [line for line in lines if re.match(rf"from .* import (.*, )?{name}(,|$)", line)]
    at = lines.index(the_only(there, name))
    start, _, names = lines[at].partition(" import ")
    others = [other for other in names.split(", ") if other != name]
    lines[at : at + 1] = [f"{start} import {', '.join(others)}"] if others else []
    return as_text(lines)


def without_line(text: str, line: str) -> str:
    """Take out a line with what is indented below it, and the blank lines that were around both."""
    lines = text.splitlines()
    at = lines.index(the_only([other for other in lines if other == line], line))
    return as_text(without_block(lines, at))


def without_lines(text: str, part: str) -> str:
    """Take out every line that has a part, each as `without_line` does."""
    lines = text.splitlines()
    while there := [line for line in lines if part in line]:
        lines = without_block(lines, lines.index(there[0]))
    if part not in text:
        raise ValueError(f"{part} is not there")
    return as_text(lines)


def without_block(lines: list[str], at: int) -> list[str]:
    line, end = lines[at], at + 1
    for number in range(at + 1, len(lines)):
        if lines[number] and depth(lines[number]) <= depth(line):
            break
        if lines[number]:
            end = number + 1
    while lines[at - 1 : at] == lines[end : end + 1] == [""]:
        end += 1
    return lines[:at] + lines[end:]


def without_part(text: str, part: str) -> str:
    start, there, end = text.partition(part)
    if not there or part in end:
        raise ValueError(f"{part!r} is there {text.count(part)} times, expected once")
    return start + end


def public(text: str, path: str) -> str:
    """Ask for what everyone may see instead of a path, however often it is there."""
    if path not in text:
        raise ValueError(f"{path} is not there")
    return text.replace(path, PUBLIC)


def the_only(lines: Sequence[str], thing: str) -> str:
    if len(lines) != 1:
        raise ValueError(f"{thing!r} is there {len(lines)} times, expected once")
    return lines[0]


def depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def as_text(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
