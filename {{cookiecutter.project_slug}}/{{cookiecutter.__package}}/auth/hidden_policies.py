"""Finds policies that an outer decorator hides, such as a cache that lacks functools.wraps."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType

from .policies import Policy, functions, resolve


def find_hidden_policy(view: object, method: str, policy: Policy | None) -> str | None:
    """Return the name of a function inside this view whose policy requires more than `policy`."""
    found = functions(view, method)
    for outer in found:  # grows during the loop
        for inner in _contents(outer):
            # Callable objects matter only if they are written in Python.
            is_function = isinstance(inner, FunctionType | MethodType | partial)
            is_callable = is_function or isinstance(type(inner).__call__, FunctionType)
            if is_callable and all(inner is not each for each in found):
                found.append(inner)
                demanded = resolve(inner, method, (), ())
                if demanded and not (policy and policy.covers(demanded)):
                    return getattr(inner, "__qualname__", repr(inner))
    return None


def _contents(outer: object) -> Iterator[object]:
    """Yield the objects in a function: attributes, defaults, closure, arguments of a partial."""
    yield from getattr(outer, "__dict__", {}).values()
    if isinstance(outer, MethodType):
        yield from (outer.__func__, *getattr(outer.__self__, "__dict__", {}).values())
    elif isinstance(outer, partial):
        yield from (outer.func, *outer.args, *outer.keywords.values())
    elif isinstance(outer, FunctionType):
        yield from (*(outer.__defaults__ or ()), *(outer.__kwdefaults__ or {}).values())
        for name, cell in zip(outer.__code__.co_freevars, outer.__closure__ or (), strict=True):
            with suppress(ValueError):  # not assigned yet
                # A local function with the variable's own name is a helper, not a wrapped view.
                scope = getattr(cell.cell_contents, "__qualname__", "").removesuffix(f".{name}")
                if not (scope.endswith("<locals>") and outer.__qualname__.startswith(scope)):
                    yield cell.cell_contents
