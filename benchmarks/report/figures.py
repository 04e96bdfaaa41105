"""Figures by their path, such as `verify/to_rsa/this_template/median`.

In a path, `a|b` stands for both names and `*` for all names. A figure that cannot be measured on a
machine is None, and has no number.
"""

from collections.abc import Mapping

Figures = Mapping[str, Mapping[str, object]]


def numbers(figures: Figures, path: str) -> list[float]:
    """Return the numbers at a path.

    Raises:
        KeyError: there is no such path, or it leads to something else.
    """
    found = []
    for value in _values(figures, path):
        if isinstance(value, int | float):
            found.append(float(value))
        elif value is not None:
            raise KeyError(f"{path} is not a number")
    return found


def names(figures: Figures, path: str) -> list[str]:
    """Return the names right below a path.

    Raises:
        KeyError: there is no such path.
    """
    return [name for value in _values(figures, path) for name in _mapping(value)]


def _values(figures: Figures, path: str) -> list[object]:
    values: list[object] = [figures]
    for name in path.split("/"):
        values = [below for value in values for below in _below(_mapping(value), name)]
    return values


def _below(inner: Mapping[str, object], name: str) -> list[object]:
    return list(inner.values()) if name == "*" else [inner[key] for key in name.split("|")]


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise KeyError(f"{value!r} has no names")
    return value
