"""Pictures of the page: `python -m docs.scripts.picture_page ADDRESS FILE`.

ADDRESS is of a `tftag serve`, FILE a recording that is opened. With --query,
which takes an index, the picture goes on to the results and the map. Needs
selenium, and Debian's chromium, chromium-driver and fonts-inter.
"""

import argparse
import pathlib
import shutil
import time
from typing import Any

from selenium import webdriver
from selenium.webdriver.common import keys
from selenium.webdriver.support import wait

IMAGES = pathlib.Path(__file__).parent.parent / "images"
# Name, width in pixels, whether dark.
PICTURES = (
    ("page_light", 1400, False),
    ("page_dark", 1400, True),
    ("page_phone", 390, False),
)
_SECONDS = 120
_READY = """
return document.getElementById("picture").dataset.state === "drawn"
  && document.querySelector("#tags .tag") !== null
  && document.querySelector("#strips canvas") !== null
"""
_FOUND = """
return document.querySelector("#results .row") !== null
  && !document.getElementById("map-query").disabled
"""
_HEIGHT = """
const part = document.getElementById(arguments[0]);
return Math.ceil(part.getBoundingClientRect().bottom + 24);
"""
_GO_ON = """
const position = document.getElementById("position");
position.value = 0.3 * position.max;
position.dispatchEvent(new Event("input"));
document.activeElement.blur();
"""


def main(arguments: list[str] | None = None) -> None:
    """Writes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("recording", type=pathlib.Path)
    parser.add_argument("--query", help="such as: dreamy piano -vocals")
    parser.add_argument("--out", type=pathlib.Path, default=IMAGES)
    chosen = parser.parse_args(arguments)
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless=new", "no-sandbox", "hide-scrollbars"):
        options.add_argument(f"--{flag}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        for name, width, is_dark in PICTURES:
            path = chosen.out / f"{name}.png"
            _picture(driver, chosen, width, is_dark, path)
            print(f"Written: {path}")
    finally:
        driver.quit()


def _picture(
    driver: Any,
    chosen: argparse.Namespace,
    width: int,
    is_dark: bool,
    path: pathlib.Path,
) -> None:
    scheme = {
        "name": "prefers-color-scheme",
        "value": "dark" if is_dark else "light",
    }
    _tell(driver, "setEmulatedMedia", {"features": [scheme]})
    # As high as the whole page, so that nothing is cut.
    _resize(driver, width, 4_000)
    driver.get("about:blank")
    driver.get(chosen.address)
    waiting = wait.WebDriverWait(driver, _SECONDS)
    waiting.until(lambda _: driver.find_element("id", "about").text)
    driver.find_element("id", "file").send_keys(str(chosen.recording.resolve()))
    waiting.until(lambda _: driver.execute_script(_READY))
    if chosen.query is not None:
        words = chosen.query + keys.Keys.ENTER
        driver.find_element("id", "query").send_keys(words)
        waiting.until(lambda _: driver.execute_script(_FOUND))
    driver.execute_script(_GO_ON)
    time.sleep(1)  # until the bars have grown
    last = "recording" if chosen.query is None else "library"
    height = driver.execute_script(_HEIGHT, last)
    _resize(driver, width, height)
    time.sleep(1)
    driver.save_screenshot(str(path))


def _resize(driver: Any, width: int, height: int) -> None:
    size = {"width": width, "height": height, "mobile": width < 600}
    _tell(driver, "setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1})


def _tell(driver: Any, command: str, said: dict[str, Any]) -> None:
    driver.execute_cdp_cmd(f"Emulation.{command}", said)


if __name__ == "__main__":
    main()
