"""A Chromium without a window, as Debian packages it, led by Selenium."""

import contextlib
import importlib.util
import os
import shutil
import time

import pytest

# Debian's name first.
BROWSERS = ("chromium", "google-chrome")
# How long anything may take that a person waits for.
PATIENCE_SECONDS = 60
PHONE, DESK = (390, 844), (1400, 900)


def missing():
    """What the tests of the page need and this machine lacks, or ""."""
    lacking = []
    if _browser() is None:
        lacking.append("chromium")
    if shutil.which("chromedriver") is None:
        lacking.append("chromedriver")
    if importlib.util.find_spec("selenium") is None:
        lacking.append("selenium")
    if not lacking:
        return ""
    return (
        f"the page is not tested in a browser, for want of "
        f"{' and '.join(lacking)}: apt-get install chromium chromium-driver, "
        "and selenium is in the lock"
    )


def _browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextlib.contextmanager
def opened(*, microphone=True):
    """Yields a WebDriver.

    Args:
        microphone: Whether a page may use one; it gives a tone every second.
    """
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _browser()
    flags = [
        "--headless=new",
        "--disable-gpu",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--use-fake-device-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        # /dev/shm is small in many containers.
        "--disable-dev-shm-usage",
    ]
    if microphone:
        flags.append("--use-fake-ui-for-media-stream")
    else:
        flags.append("--deny-permission-prompts")
    if os.geteuid() == 0:
        # Chromium's own sandbox does not start as root.
        flags.append("--no-sandbox")
    for flag in flags:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Named, so that Selenium looks for none to download.
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


class Page:
    """The page of `tftag serve` in a browser, as a person uses it.

    Attributes:
        driver: The WebDriver.
        address: Where the page is.
    """

    def __init__(self, driver, address):
        self.driver, self.address = driver, address

    def open(self, size=DESK, *, dark=False, calm=False, hash=""):
        """Loads the page anew, without what it remembers.

        Args:
            size: Of the window, in pixels.
            dark: Whether the person prefers dark pages.
            calm: Whether they prefer that nothing moves.
            hash: What is asked for in the address.
        """
        width, height = size
        window = {"width": width, "height": height, "mobile": width < 600}
        prefers = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if calm else "no-preference",
        }
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {**window, "deviceScaleFactor": 1},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": k, "value": v} for k, v in prefers.items()]},
        )
        self.driver.get("about:blank")
        self.driver.get(self.address + hash)
        self.wait(lambda: not self.all("#about noscript"))
        return self

    def enter(self, token):
        """Loads the page for the first time, and answers its question."""
        self.driver.get(self.address)
        self.wait(lambda: self.one("#token").is_displayed())
        self.one("#token-text").send_keys(token, "\n")
        self.wait(lambda: not self.all("#about noscript"))

    def one(self, selector):
        """The first element that fits a CSS selector."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        """All elements that fit."""
        return self.driver.find_elements("css selector", selector)

    def text(self, selector):
        """The text of an element, also where it is not seen."""
        return self.run("return arguments[0].textContent", self.one(selector))

    def texts(self, selector):
        """The texts of all that fit."""
        return self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".map((one) => one.textContent)",
            selector,
        )

    def run(self, script, *arguments):
        """What a script of the page returns."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, holds):
        """Returns the first answer of `holds` that is true.

        Raises:
            AssertionError: There is none in `PATIENCE_SECONDS`.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while not (answer := holds()):
            assert time.monotonic() < end, self.one("body").text
            time.sleep(0.05)
        return answer

    def press(self, *keys):
        """Types where the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, selector, most=60):
        """Goes on by the Tab key until an element has the focus."""
        from selenium.webdriver import Keys

        for _ in range(most):
            if self.run(
                "return document.activeElement.matches(arguments[0])", selector
            ):
                return self.driver.switch_to.active_element
            self.press(Keys.TAB)
        raise AssertionError(f"Tab never reached {selector}")

    def choose(self, path):
        """Opens a file by its dialogue."""
        self.one("#file").send_keys(str(path))

    def drop(self, path, name=None):
        """Drops a file onto the page."""
        self.run(
            """
            const [bytes, name] = arguments;
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], name));
            for (const kind of ["dragenter", "dragover", "drop"]) {
              document.body.dispatchEvent(new DragEvent(kind, {
                bubbles: true, cancelable: true, dataTransfer: carried }));
            }
            """,
            list(path.read_bytes()),
            name or path.name,
        )

    def tagged(self):
        """Waits for the tags of what was opened; returns the bars' texts."""
        self.wait(lambda: self.all("#tags .tag") and self.all("#strips canvas"))
        names = self.texts("#tags .tag-name")
        values = self.texts("#tags .value")
        return list(zip(names, values, strict=True))

    def found(self):
        """Waits for results; returns their titles."""
        self.wait(
            lambda: (
                self.all("#results .row")
                and self.one("#results").get_attribute("aria-busy") == "false"
            )
        )
        return self.texts("#results .title")

    def drawn(self):
        """Waits until what was opened is drawn."""
        self.wait(
            lambda: self.one("#picture").get_attribute("data-state") == "drawn"
        )

    def show_map(self):
        """Scrolls to the map, and waits until it can be used."""
        self.one("#map").location_once_scrolled_into_view  # noqa: B018
        self.wait(lambda: self.one("#map-query").is_enabled())

    @contextlib.contextmanager
    def offline(self):
        """Cuts the browser off for the duration of the block."""
        self.driver.set_network_conditions(
            offline=True, latency=0, throughput=10_000
        )
        try:
            yield
        finally:
            self.driver.delete_network_conditions()

    def complaints(self):
        """What the console holds, but for remarks and answers of a server."""
        return [
            entry
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
            and entry["source"] != "network"
        ]

    def is_too_wide(self):
        """Whether the page scrolls sideways."""
        return self.run(
            "return document.documentElement.scrollWidth > innerWidth"
        )


# Of tests that need a browser.
MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(missing() != "", reason=missing()),
]
