"""Create the pictures of README.md from real runs in a terminal and in a browser.

`make pictures` runs it. The pictures are the same in every run, until what they show has changed.
"""

import base64
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.browser import WINDOW_SIZE, Browser, DocsPage, NoBrowserError, open_chromium
from tests.support.environ import user_environ
from tests.support.paths import TEMPLATE
from tests.support.processes import running, wait_until_up
from tests.support.terminal import draw_terminal, type_answers

from .demo import DEMO_PROJECT

PICTURES_FOLDER = TEMPLATE / "docs" / "pictures"

TYPED_ANSWERS = (
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
"""The answer to type at each prompt; an empty one selects the default."""

PORTS = {"PORT": "3010", "LOCAL_AUTH0_PORT": "3011"}
"""The default ports, because the pictures show them."""

SCOPED = "getPrivateScoped"
RESPONSE = [
    f"#operations-messages-{SCOPED} {part}"
    for part in (".request-url", ".live-responses-table .highlight-code")
]
"""The parts of a response from its URL to its body. The headers below differ in each run."""

MARGIN = 8
"""Pixels around the elements in a picture."""


def main() -> int:
    """Create all pictures; return the exit status."""
    PICTURES_FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            _create_pictures(Path(folder))
    except (NoBrowserError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _create_pictures(folder: Path) -> None:
    for port in PORTS.values():  # fails if another project listens there
        socket.create_server(("127.0.0.1", int(port))).close()
    _save("prompts.svg", draw_terminal("uvx cookiecutter", _run_prompts(folder)).encode())
    _save("demo.svg", draw_terminal("make demo", _run_demo()).encode())
    with running(["make", "dev"], DEMO_PROJECT, user_environ(**PORTS), subprocess.DEVNULL):
        url = f"http://localhost:{PORTS['PORT']}/docs/"
        wait_until_up(url)
        with open_chromium(folder, DEMO_PROJECT / ".local_auth0/server.pem") as browser:
            _save_screenshots(browser, url)


def _run_prompts(folder: Path) -> str:
    """Answer cookiecutter's prompts; return the output."""
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE)]
    return type_answers(command, TYPED_ANSWERS, ":", folder, user_environ(HOME=str(folder)))


def _run_demo() -> str:
    """Run the demo; return its table."""
    command = [sys.executable, "-m", "tools.demo"]
    environ = user_environ(PYTHONIOENCODING="utf-8")
    shown = subprocess.run(
        command, cwd=TEMPLATE, env=environ, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout
    _, table, _ = shown.split("\n\n")
    return table


def _save_screenshots(browser: Browser, url: str) -> None:
    """Log in as Ann, who may read messages, then as Bob, who may not."""
    page = DocsPage(browser, url)
    with page.login():
        _save("login.png", _take_screenshot(browser, "main"))
        browser.click("button[value=login]")
    page.close_dialog()
    _save("docs.png", _take_screenshot(browser, "#swagger-ui"))
    page.call(SCOPED)
    _save("200.png", _take_screenshot(browser, *RESPONSE))
    page.log_out()
    page.log_in("auth0|bob", ())
    page.call(SCOPED)
    _save("403.png", _take_screenshot(browser, *RESPONSE))


def _take_screenshot(browser: Browser, *elements: str) -> bytes:
    """Take a screenshot of these elements and everything between them."""
    shown = [browser.find(css) for css in elements]
    browser.wait_for_animations()
    rects = [each.rect for each in shown]
    left, top = (max(0, min(rect[side] for rect in rects) - MARGIN) for side in ("x", "y"))
    right = min(WINDOW_SIZE[0], max(rect["x"] + rect["width"] for rect in rects) + MARGIN)
    bottom = max(rect["y"] + rect["height"] for rect in rects) + MARGIN
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top, "scale": 1}
    options = {"clip": clip, "captureBeyondViewport": True}
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", options)
    return base64.b64decode(shot["data"])


def _save(name: str, content: bytes) -> None:
    (PICTURES_FOLDER / name).write_bytes(content)
    print(f"docs/pictures/{name}, {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
