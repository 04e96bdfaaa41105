"""Pictures of a terminal, made from real runs: the prompts answered, and the demo."""

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 96
"""Of the terminal that commands run in: no line of theirs is longer."""

SCALE = 0.65
"""Of a picture: a line of that terminal fits into a page, in letters of 13 pixels."""

_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_SIZE = re.compile(r'viewBox="0 0 (\S+) (\S+)"')


def picture(title: str, output: str) -> str:
    """Draw what a terminal shows as an SVG that fetches nothing, a font neither.

    It is as wide as the longest line.
    """
    text = Text.from_ansi(output.rstrip())
    columns = max(len(line.rstrip()) for line in text.plain.splitlines()) + 1
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True)
    console.print(text, soft_wrap=False)
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id="terminal")
    svg = _FONT_FACES.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas")
    return _SIZE.sub(_with_size, svg, 1)


def _with_size(view_box: re.Match[str]) -> str:
    """Say how large it is, since a page would stretch it to its own width."""
    width, height = (round(float(side) * SCALE) for side in view_box.groups())
    return f'{view_box[0]} width="{width}" height="{height}"'


def typed(
    command: Sequence[str],
    answers: Sequence[str],
    prompt: str,
    cwd: Path,
    environ: Mapping[str, str],
) -> str:
    """Run a command in a terminal, answer each of its prompts, and return all that was shown.

    Raises:
        RuntimeError: it ends with an error, or asks nothing for 60 s.
    """
    terminal, line = pty.openpty()
    size = {"COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        command, cwd=cwd, env={**environ, **size}, stdin=line, stdout=line, stderr=line
    )
    os.close(line)
    shown, waiting = "", list(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # the other end is closed
                break
        elif waiting and shown.rstrip().endswith(prompt):
            os.write(terminal, f"{waiting.pop(0)}\n".encode())
    os.close(terminal)
    if process.wait(10) or waiting:
        raise RuntimeError(f"{' '.join(command)} has ended with an error:\n{shown}")
    return shown.replace("\r\n", "\n")
