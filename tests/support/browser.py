"""Chromium without a window: driven as by a user, it tells what it asked for and complained of.

It is the Chromium and the driver that are installed. selenium would download what it misses, and so
is told where both are.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selenium import webdriver
from selenium.common.exceptions import NoSuchWindowException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from .environ import user_environ
from .programs import PACKAGES, find

LOOPBACK = {"localhost", "127.0.0.1"}

SIZE = (860, 900)
"""Of the window, in pixels."""

TIMEOUT = 20
"""Seconds that a page is given to show something."""

EVERY_SCOPE = ("read:messages",)


class NoBrowserError(Exception):
    """Chromium or its driver is not installed: `program` is which."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed: apt-get install {PACKAGES[program]}")
        self.program = program


class Browser:
    """A Chromium that runs, or has ended: only then is it known whom it asked."""

    def __init__(self, driver: webdriver.Chrome, log: Path) -> None:
        self.driver = driver
        self._log = log
        self._wait = WebDriverWait(driver, TIMEOUT, poll_frequency=0.05)

    def find(self, css: str, text: str = "") -> WebElement:
        """Wait until one of these elements can be seen, with this text if one is given."""

        def visible(driver: webdriver.Chrome) -> Literal[False] | WebElement:
            found = driver.find_elements(By.CSS_SELECTOR, css)
            seen = (each for each in found if each.is_displayed() and each.text.startswith(text))
            return next(seen, False)

        return self._wait.until(visible, f"{css} with {text!r} is not to be seen")

    def click(self, css: str, text: str = "") -> None:
        self.find(css, text).click()

    def tick(self, css: str, ticked: bool) -> None:
        """Set a checkbox."""
        if (box := self.find(css)).is_selected() != ticked:
            box.click()

    def rest(self) -> None:
        """Point at nothing, and wait until nothing moves or fades any more."""
        nowhere = {"type": "mouseMoved", "x": 0, "y": 0}
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", nowhere)
        self.driver.execute_async_script(
            "const moves = document.getAnimations().map((each) => each.finished);"
            "Promise.allSettled(moves).then(() => arguments[0]());"
        )

    def wait_until_gone(self, css: str) -> None:
        self._wait.until_not(
            lambda driver: driver.find_elements(By.CSS_SELECTOR, css), f"{css} is still there"
        )

    @contextmanager
    def second_window(self) -> Iterator[None]:
        """Be in the window that is just being opened, until it closes itself."""
        first = self.driver.current_window_handle
        self._wait.until(lambda driver: len(driver.window_handles) == 2, "no other window opens")
        (second,) = set(self.driver.window_handles) - {first}
        self.driver.switch_to.window(second)
        with suppress(NoSuchWindowException):  # a click that closes it may not come back
            yield
        self._wait.until(lambda driver: len(driver.window_handles) == 1, "it does not close")
        self.driver.switch_to.window(first)

    def console_errors(self) -> list[str]:
        """The errors that the console of any window has shown since this was last asked."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # it has no types
        return [str(entry["message"]) for entry in entries if entry["level"] == "SEVERE"]

    def hosts_asked_for(self) -> set[str]:
        """Every host that a window or its page asked for anything. The browser has to have ended.

        Errands of the browser's own, such as looking for a newer one, are left out.
        """
        events = json.loads(self._log.read_text())["events"]
        requests = [event["params"] for event in events if "initiator" in event.get("params", {})]
        own = {"initiator": "not an origin", "request_type": "other"}.items()
        return {str(urlsplit(each["url"]).hostname) for each in requests if not own <= each.items()}


@contextmanager
def chromium(folder: Path, certificate: Path) -> Iterator[Browser]:
    """Run a browser that keeps all it writes in a folder, and trusts one certificate on top.

    Raises:
        NoBrowserError: it is not installed.
    """
    log = folder / "net-log.json"
    options = webdriver.ChromeOptions()
    options.binary_location = _installed("chromium")
    nowhere = {"restore_on_startup": 4, "startup_urls": ["about:blank"]}  # else Debian's home page
    options.add_experimental_option("prefs", {"session": nowhere})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        "--window-size={},{}".format(*SIZE),
        "--force-device-scale-factor=1",
        "--hide-scrollbars",
        "--no-proxy-server",
        f"--host-resolver-rules=MAP * ~NOTFOUND, {', '.join(f'EXCLUDE {h}' for h in LOOPBACK)}",
        f"--ignore-certificate-errors-spki-list={_key_hash(certificate)}",
        f"--log-net-log={log}",
        f"--user-data-dir={folder / 'profile'}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:  # as in a container: Chromium does not run as root inside of its sandbox
        options.add_argument("--no-sandbox")
    service = webdriver.ChromeService(
        _installed("chromedriver"), env=user_environ(HOME=str(folder))
    )
    driver = webdriver.Chrome(options, service)
    try:
        yield Browser(driver, log)
    finally:
        driver.quit()


def _installed(program: str) -> str:
    path = find(program)
    if path is None:
        raise NoBrowserError(program)
    return path


def _key_hash(certificate: Path) -> str:
    """The SHA-256 of its public key, by which Chromium knows that it may trust this one."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


@dataclass(frozen=True)
class Answer:
    """What the API has answered, as its page shows it."""

    status: int
    body: dict[str, str]


class DocsPage:
    """The page of a rendered API, in front of a user."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        browser.driver.get(url)
        browser.find(".opblock")

    def log_in(self, user: str = "auth0|ann", permissions: tuple[str, ...] = EVERY_SCOPE) -> None:
        """Ask for every scope, and be let in."""
        with self.login():
            self.browser.click(f'input[name=user][value="{user}"]')
            for name in EVERY_SCOPE:
                box = f'input[name=permission][value="{name}"]'
                self.browser.tick(box, name in permissions)
            self.browser.click("button[value=login]")
        self.browser.find(".dialog-ux button", "Logout")
        self.close_dialog()

    @contextmanager
    def login(self) -> Iterator[None]:
        """Be at the tenant's login page. What comes of it is in the dialog, which stays open."""
        self.open_dialog()
        self.browser.click(".dialog-ux button.modal-btn.authorize")
        with self.browser.second_window():
            yield

    def log_out(self) -> None:
        self.open_dialog()
        self.browser.click(".dialog-ux button", "Logout")
        self.close_dialog()

    def paste(self, token: str) -> None:
        """Put an access token into the dialog."""
        self.open_dialog()
        self.browser.find("#auth-bearer-value").send_keys(token)
        self.browser.click(".dialog-ux .auth-container:has(#auth-bearer-value) .authorize")
        self.browser.find(".dialog-ux button", "Logout")
        self.close_dialog()

    def open_dialog(self) -> None:
        self.browser.click(".btn.authorize")
        self.browser.find(".dialog-ux")

    def close_dialog(self) -> None:
        self.browser.click(".dialog-ux .btn-done")
        self.browser.wait_until_gone(".dialog-ux")

    def call(self, operation: str) -> Answer:
        """Try an operation out, opened if it is not."""
        block = f"#operations-messages-{operation}"
        if "is-open" not in str(self.browser.find(block).get_attribute("class")):
            self.browser.click(f"{block} .opblock-summary-control")
        self.browser.find(f"{block} .execute")
        if self.browser.driver.find_elements(By.CSS_SELECTOR, f"{block} .btn-clear"):
            self.browser.click(f"{block} .btn-clear")
            self.browser.wait_until_gone(f"{block} .live-responses-table")
        self.browser.click(f"{block} .execute")
        live = f"{block} .live-responses-table .response"
        status = self.browser.find(f"{live} .response-col_status").text.split()[0]
        body = self.browser.find(f"{live} .highlight-code code").text
        return Answer(int(status), json.loads(body))
