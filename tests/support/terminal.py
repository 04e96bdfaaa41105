"""Run commands in a pseudo-terminal with typed input, and draw a terminal's output as SVG."""

import re
import signal
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 96
"""The width of the terminal: no line of a command's output is longer."""

SCALE = 0.65
"""The scale of a picture: a full line fits into a page, in letters of 13 pixels."""

ENTER = "\r"
CTRL_C = "\x03"
CTRL_D = "\x04"

_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_SIZE = re.compile(r'viewBox="0 0 (\S+) (\S+)"')


def draw_terminal(title: str, output: str) -> str:
    """Draw a terminal's output as an SVG that is as wide as the longest line.

    It loads nothing, not even a font.
    """
    text = Text.from_ansi(output.rstrip())
    columns = max(len(line.rstrip()) for line in text.plain.splitlines()) + 1
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True)
    console.print(text, soft_wrap=False)
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id="terminal")
    svg = _FONT_FACES.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas")
    return _SIZE.sub(_with_size, svg, 1)


def _with_size(view_box: re.Match[str]) -> str:
    """Add the width and the height: without them, pages stretch the picture."""
    width, height = (round(float(side) * SCALE) for side in view_box.groups())
    return f'{view_box[0]} width="{width}" height="{height}"'


def type_answers(
    command: Sequence[str],
    answers: Sequence[str],
    prompt: str,
    cwd: Path,
    environ: Mapping[str, str],
) -> str:
    """Run a command in a terminal, answer each of its prompts, and return the output.

    Raises:
        RuntimeError: the command fails.
        pexpect.ExceptionPexpect: there are fewer prompts than answers, or no output for 60 s.
    """
    keys = [f"{answer}{ENTER}" for answer in answers]
    exit_code, shown = run_at_terminal(command, keys, prompt, cwd, environ)
    if exit_code:
        raise RuntimeError(f"{' '.join(command)} failed:\n{shown}")
    return shown


def restore_ctrl_c() -> None:
    """Restore the default effect of Ctrl-C, which programs in the background ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_at_terminal(
    command: Sequence[str],
    keys: Sequence[str],
    prompt: str,
    cwd: Path,
    environ: Mapping[str, str],
) -> tuple[int | None, str]:
    """Run a command in a terminal, and type these keys, one item at each of its prompts.

    Return the exit code, None if a signal ended the command, and the output.

    Raises:
        pexpect.ExceptionPexpect: there are fewer prompts than keys, or no output for 60 s.
    """
    import pexpect  # not at the top: Windows has no pseudo-terminals, but imports this module

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
