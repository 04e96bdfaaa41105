"""How, when and where the figures were measured."""

from typing import cast

from ..measure.machine import Machine
from .figures import Figures, numbers
from .markdown import number, paragraph


def method(figures: Figures) -> str:
    """Return the section about the machine and the method."""
    machine = cast("Machine", figures["machine"])
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    chars = number(figures, "verify/token_chars", ".0f")
    control = number(figures, "whole_requests/control_to_rsa/median", ".3f")
    repeats = sum(numbers(figures, "server/protected/*/repeats"))
    paragraphs = (
        f"""On {machine["date"]}, {machine["cpu"]}, {machine["cores"]} cores, {machine["system"]},
        {machine["python"]}, with {packages}, {figures["server"]["wrk"]}.""",
        f"""The times of a ratio were measured in turns, so that a busy moment of the machine affects
        both alike, and each ratio is that of two measurements close together in time. The figures
        are medians; [benchmarks.json](benchmarks.json) also has the quartiles. The tenant is the
        stand-in of the rendered API, on loopback, with TLS. The access token is a user's, of
        {chars} characters.""",
        f"""Whole requests were measured in seven processes, one after the other, and each figure is
        the median of theirs: the memory layout of a process changes such a difference by up to 10 %.
        What `@requires_scope` adds is the difference between the median of five endpoints and the
        median of five others; as a control, the difference between two groups of equal endpoints
        was {control}.""",
        f"""For the rates of private and public endpoints, gunicorn had two workers of four threads,
        with a socket for each worker, and eight keep-alive connections. With a shared socket,
        which is gunicorn's default, the ratio of two rates varies by a factor of two and more.
        Each load of a second connected again. Pairs of loads with a rate below half of the median
        were repeated (in total: {repeats:.0f}).""",
        "`make bench` measures everything again.",
    )
    return "\n\n".join(("## How it was measured", *map(paragraph, paragraphs)))
