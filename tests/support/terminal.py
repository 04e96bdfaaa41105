"""A real terminal, where commands run and somebody types, and pictures of what it shows."""

import re
import signal
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

ENTER = "\r"
CTRL_C = "\x03"
CTRL_D = "\x04"

_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_SIZE = re.compile(r'viewBox="0 0 (\S+) (\S+)"')


def draw_terminal(title: str, output: str) -> str:
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


def type_answers(
    command: Sequence[str],
    answers: Sequence[str],
    prompt: str,
    cwd: Path,
    environ: Mapping[str, str],
) -> str:
    """Run a command in a terminal, answer each of its prompts, and return all that was shown.

    Raises:
        RuntimeError: it ends with an error.
        pexpect.ExceptionPexpect: it asks less than is answered, or shows nothing for 60 s.
    """
    keys = [f"{answer}{ENTER}" for answer in answers]
    exit_code, shown = run_at_terminal(command, keys, prompt, cwd, environ)
    if exit_code:
        raise RuntimeError(f"{' '.join(command)} has ended with an error:\n{shown}")
    return shown


def restore_ctrl_c() -> None:
    """Undo what a shell does to programs in the background: it has them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_at_terminal(
    command: Sequence[str],
    keys: Sequence[str],
    prompt: str,
    cwd: Path,
    environ: Mapping[str, str],
) -> tuple[int | None, str]:
    """Run a command in a terminal, and press some keys at each of its prompts.

    Return its exit code, which is None if a signal ended it, and all that was shown.

    Raises:
        pexpect.ExceptionPexpect: it asks less than is answered, or shows nothing for 60 s.
    """
    import pexpect  # not at the top: Windows has no such terminals, and must get by that

    size = {"COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm-256color"}
    program, *options = command
    terminal: pexpect.spawn[str] = pexpect.spawn(
        program,
        options,
        timeout=60,
        cwd=cwd,
        env={**environ, **size},
        encoding="utf-8",
        dimensions=(50, COLUMNS),
        preexec_fn=restore_ctrl_c,
    )
    terminal.logfile_read = shown = StringIO()
    with terminal:
        for pressed in keys:
            terminal.expect(rf"{re.escape(prompt)}\s*$")
            terminal.send(pressed)
        terminal.expect(pexpect.EOF)
        terminal.wait()
    return terminal.exitstatus, shown.getvalue().replace("\r\n", "\n")
