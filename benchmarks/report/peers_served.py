"""The section about the peers under gunicorn."""

from .comparison import peer_titles
from .figures import Figures, names
from .markdown import number, paragraph, table

_PATH = "served_requests"

_COLUMNS = (
    ("Open", f"{_PATH}/public/{{}}/per_second/median", ",.0f"),
    ("p99, ms", f"{_PATH}/public/{{}}/p99_ms/median", ".1f"),
    ("Private", f"{_PATH}/private/{{}}/per_second/median", ",.0f"),
    ("p99, ms", f"{_PATH}/private/{{}}/p99_ms/median", ".1f"),
    ("Private, no log", f"{_PATH}/private_without_log/{{}}/per_second/median", ",.0f"),
    ("MiB", "server/all_processes_mib/{}", ".0f"),
    ("Start, ms", "server/app_ms/{}/median", ".0f"),
)


def peers_served(figures: Figures) -> str:
    """Return the section with the rates, the memory and the start of all peers."""
    titles = peer_titles(figures)
    rows = [(titles[peer], *_cells(figures, peer)) for peer in names(figures, f"{_PATH}/private")]
    text = """\
        This template writes its own log line, as in production: JSON with the caller and the
        request's ID. The others write the line of gunicorn's access log, or none (no log). Their
        open endpoint is that of a bare Flask app. gunicorn takes part of the time of each request,
        so rates differ less than the times above. MiB is the memory of gunicorn and its workers
        (proportional set size); the start is the time to import an app and make it."""
    return f"""\
## Under gunicorn

Requests per second and the time within which 99 % of the requests get their response, with the
settings of the rendered `gunicorn.conf.py` (two workers of eight threads) and 16 keep-alive
connections.

{table(("", *(name for name, *_ in _COLUMNS)), rows)}

{paragraph(text)}"""


def _cells(figures: Figures, peer: str) -> list[str]:
    has_silent_app = peer in names(figures, f"{_PATH}/private_without_log")
    return [
        number(figures, path.format(peer), form)
        if has_silent_app or "without_log" not in path
        else "-"
        for _, path, form in _COLUMNS
    ]
