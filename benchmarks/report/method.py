"""How, when and where the figures were measured."""

from typing import cast

from ..measure.machine import Machine
from .figures import Figures
from .markdown import number, paragraph


def method(figures: Figures) -> str:
    """Return the section about the machine and the method."""
    machine = cast("Machine", figures["machine"])
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    chars = number(figures, "verify/token_chars", ".0f")
    control = number(figures, "whole_requests/control_to_rsa/median", ".3f")
    paragraphs = (
        f"""On {machine["date"]}, on {machine["cpu"]} with {machine["cores"]} cores,
        {machine["system"]}, {machine["python"]}, with {packages}, {figures["server"]["wrk"]}.""",
        f"""The two times of a ratio were measured in turns, close together, so that a busy moment of
        the machine affects both alike. All figures are medians;
        [benchmarks.json](benchmarks.json) also has the quartiles. The tenant is the stand-in tenant
        of the rendered API, on the same machine, with TLS. The access token is that of a user and
        has {chars} characters.""",
        f"""Whole requests were measured in seven processes, one after the other, and each figure is
        the median of all processes, since the memory layout of a process changes such a difference
        by up to 10 %. The time that `@requires_scope` adds is the difference between the medians of
        five endpoints with it and five without it. As a control, the difference between two groups
        of equal endpoints was {control} RSA verifications.""",
        """Under gunicorn, all peers ran at the same time and were loaded in turns, for a second each
        and with new connections. Each worker had its own socket. With a shared socket, which is
        gunicorn's default, the ratio of two rates varies by a factor of two or more. Memory was
        measured with one server at a time.""",
        "`make bench` measures everything again.",
    )
    return "\n\n".join(("## How it was measured", *map(paragraph, paragraphs)))
