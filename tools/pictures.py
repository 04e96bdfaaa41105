"""The pictures of README.md, made anew from real runs in a terminal and in a browser.

`make pictures` runs it. They show nothing that differs from run to run, and so change only if what
they show has changed.
"""

import base64
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.browser import SIZE, Browser, DocsPage, NoBrowserError, chromium
from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import running, wait_until_up
from tests.support.terminal import picture, type_answers

from .demo import PROJECT

FOLDER = TEMPLATE / "docs" / "pictures"

ANSWERS = (
    "",
    "",
    "",
    "Ann Lee",
    "ann.eu.auth0.com",
    "",
    "http://localhost:3000",
    "",
    "",
    "",
    "",
    "",
    "",
)
"""What is typed for each question; nothing takes the default."""

PORTS = {"PORT": "3010", "LOCAL_AUTH0_PORT": "3011"}
"""The usual ones, since the pictures show them."""

SCOPED = "getPrivateScoped"
ANSWER = [
    f"#operations-messages-{SCOPED} {part}"
    for part in (".request-url", ".live-responses-table .highlight-code")
]
"""From the URL down to the body: the headers below differ each time."""

MARGIN = 8
"""Pixels around what a picture shows."""


def main() -> int:
    """Return the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            _make_all(Path(folder))
    except (NoBrowserError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _make_all(folder: Path) -> None:
    for port in PORTS.values():  # else it might be another project that answers there
        socket.create_server(("127.0.0.1", int(port))).close()
    _save("prompts.svg", picture("uvx cookiecutter", _prompts(folder)).encode())
    _save("demo.svg", picture("make demo", _demo()).encode())
    with running(["make", "dev"], PROJECT, user_environ(**PORTS), subprocess.DEVNULL):
        url = f"http://localhost:{PORTS['PORT']}/docs/"
        wait_until_up(url)
        with chromium(folder, PROJECT / ".local_auth0/server.pem") as browser:
            _browse(browser, url)


def _prompts(folder: Path) -> str:
    """Answer cookiecutter's questions."""
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE)]
    return type_answers(command, ANSWERS, ":", folder, user_environ(HOME=str(folder)))


def _demo() -> str:
    """Run the demo, and return its table."""
    command = [sys.executable, "-m", "tools.demo"]
    environ = user_environ(PYTHONIOENCODING="utf-8")
    shown = subprocess.run(
        command, cwd=TEMPLATE, env=environ, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout
    _, table, _ = shown.split("\n\n")
    return table


def _browse(browser: Browser, url: str) -> None:
    """Log in as Ann, who may read messages, then as Bob, who may not."""
    page = DocsPage(browser, url)
    with page.login():
        _save("login.png", _shot(browser, "main"))
        browser.click("button[value=login]")
    page.close_dialog()
    _save("docs.png", _shot(browser, "#swagger-ui"))
    page.call(SCOPED)
    _save("200.png", _shot(browser, *ANSWER))
    page.log_out()
    page.log_in("auth0|bob", ())
    page.call(SCOPED)
    _save("403.png", _shot(browser, *ANSWER))


def _shot(browser: Browser, *elements: str) -> bytes:
    """A picture of the page: of these elements and what lies between them."""
    shown = [browser.find(css) for css in elements]
    browser.rest()
    rects = [each.rect for each in shown]
    left, top = (max(0, min(rect[side] for rect in rects) - MARGIN) for side in ("x", "y"))
    right = min(SIZE[0], max(rect["x"] + rect["width"] for rect in rects) + MARGIN)
    bottom = max(rect["y"] + rect["height"] for rect in rects) + MARGIN
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top, "scale": 1}
    options = {"clip": clip, "captureBeyondViewport": True}
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", options)
    return base64.b64decode(shot["data"])


def _save(name: str, content: bytes) -> None:
    (FOLDER / name).write_bytes(content)
    print(f"docs/pictures/{name}, {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
