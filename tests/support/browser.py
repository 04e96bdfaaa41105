"""Headless Chromium, driven as by a user, with its requests and console errors.

Both Chromium and its driver must be installed. Selenium gets their paths, or else it would download
them.
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
from .programs import DEBIAN_PACKAGES, find_program

LOOPBACK = {"localhost", "127.0.0.1", "::1"}

WINDOW_SIZE = (860, 900)
"""The width and height of the window, in pixels."""

TIMEOUT = 20
"""Seconds to wait for an element."""

ALL_SCOPES = ("read:messages",)


class NoBrowserError(Exception):
    """Chromium or its driver is not installed; `program` is the missing one."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed: apt-get install {DEBIAN_PACKAGES[program]}")
        self.program = program


class Browser:
    """A running or closed Chromium. The hosts of its requests are only known once it is closed."""

    def __init__(self, driver: webdriver.Chrome, log: Path) -> None:
        self.driver = driver
        self._log = log
        self._wait = WebDriverWait(driver, TIMEOUT, poll_frequency=0.05)

    def find(self, css: str, text: str = "") -> WebElement:
        """Wait for a visible element that starts with the text, and return it."""

        def visible(driver: webdriver.Chrome) -> Literal[False] | WebElement:
            found = driver.find_elements(By.CSS_SELECTOR, css)
            shown = (each for each in found if each.is_displayed() and each.text.startswith(text))
            return next(shown, False)

        return self._wait.until(visible, f"{css} with {text!r} is not visible")

    def click(self, css: str, text: str = "") -> None:
        self.find(css, text).click()

    def tick(self, css: str, ticked: bool) -> None:
        """Set a checkbox."""
        if (box := self.find(css)).is_selected() != ticked:
            box.click()

    def wait_for_animations(self) -> None:
        """Move the pointer away and wait until all animations have finished."""
        event = {"type": "mouseMoved", "x": 0, "y": 0}
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)
        self.driver.execute_async_script(
            "const animations = document.getAnimations().map((each) => each.finished);"
            "Promise.allSettled(animations).then(() => arguments[0]());"
        )

    def wait_until_gone(self, css: str) -> None:
        self._wait.until_not(
            lambda driver: driver.find_elements(By.CSS_SELECTOR, css), f"{css} is still present"
        )

    @contextmanager
    def second_window(self) -> Iterator[None]:
        """Switch to the window that is opening, and back once it has closed itself."""
        first = self.driver.current_window_handle
        self._wait.until(lambda driver: len(driver.window_handles) == 2, "no second window opens")
        (second,) = set(self.driver.window_handles) - {first}
        self.driver.switch_to.window(second)
        with suppress(NoSuchWindowException):  # a click that closes the window may raise
            yield
        self._wait.until(
            lambda driver: len(driver.window_handles) == 1, "the second window does not close"
        )
        self.driver.switch_to.window(first)

    def console_errors(self) -> list[str]:
        """Return the errors in the consoles of all windows since the last call."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # it is untyped
        return [str(entry["message"]) for entry in entries if entry["level"] == "SEVERE"]

    def requested_hosts(self) -> set[str]:
        """Return the hosts of all requests by windows and documents. The browser must be closed.

        The browser's own requests, such as those for updates, are left out.
        """
        events = json.loads(self._log.read_text())["events"]
        requests = [event["params"] for event in events if "initiator" in event.get("params", {})]
        own = {"initiator": "not an origin", "request_type": "other"}.items()
        return {str(urlsplit(each["url"]).hostname) for each in requests if not own <= each.items()}


@contextmanager
def open_chromium(folder: Path, certificate: Path) -> Iterator[Browser]:
    """Run a browser that writes only to a folder and trusts one more certificate.

    Raises:
        NoBrowserError: Chromium or its driver is not installed.
    """
    log = folder / "net-log.json"
    options = webdriver.ChromeOptions()
    options.binary_location = _installed("chromium")
    session = {"restore_on_startup": 4, "startup_urls": ["about:blank"]}  # not Debian's home page
    options.add_experimental_option("prefs", {"session": session})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        "--disable-gpu",  # emulating a GPU takes an eighth of the browser tests' time
        "--window-size={},{}".format(*WINDOW_SIZE),
        "--force-device-scale-factor=1",
        "--hide-scrollbars",
        "--no-proxy-server",
        f"--host-resolver-rules=MAP * ~NOTFOUND, {', '.join(f'EXCLUDE {h}' for h in LOOPBACK)}",
        f"--ignore-certificate-errors-spki-list={_key_hash(certificate)}",
        f"--log-net-log={log}",
        f"--user-data-dir={folder / 'profile'}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:  # as in a container: Chromium's sandbox does not work for root
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
    path = find_program(program)
    if path is None:
        raise NoBrowserError(program)
    return path


def _key_hash(certificate: Path) -> str:
    """Return the SHA-256 of the public key, which identifies the certificate to Chromium."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


@dataclass(frozen=True)
class ShownResponse:
    """A response of the API, as the docs UI shows it."""

    status: int
    body: dict[str, str]


class DocsPage:
    """The docs UI of a rendered API, operated as by a user."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        browser.driver.get(url)
        browser.find(".opblock")

    def log_in(self, user: str = "auth0|ann", permissions: tuple[str, ...] = ALL_SCOPES) -> None:
        """Log in with all scopes requested, and these permissions granted."""
        with self.login():
            self.browser.click(f'input[name=user][value="{user}"]')
            for name in ALL_SCOPES:
                box = f'input[name=permission][value="{name}"]'
                self.browser.tick(box, name in permissions)
            self.browser.click("button[value=login]")
        self.browser.find(".dialog-ux button", "Logout")
        self.close_dialog()

    @contextmanager
    def login(self) -> Iterator[None]:
        """Open the tenant's login page; the result is shown in the dialog, which stays open."""
        self.open_dialog()
        self.browser.click(".dialog-ux button.modal-btn.authorize")
        with self.browser.second_window():
            yield

    def log_out(self) -> None:
        self.open_dialog()
        self.browser.click(".dialog-ux button", "Logout")
        self.close_dialog()

    def paste(self, token: str) -> None:
        """Enter an access token in the dialog."""
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

    def call(self, operation: str) -> ShownResponse:
        """Expand an operation, execute it and return the response."""
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
        return ShownResponse(int(status), json.loads(body))
