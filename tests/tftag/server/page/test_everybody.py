"""The page for everybody: keys alone, a phone, dark, calm, read aloud."""

import re

import browser
import pytest
import served_page

pytestmark = browser.MARKS

# What has a name for a screen reader, if it can be used at all.
NAMELESS = """
const named = (one) => one.ariaLabel || one.textContent.trim() || one.title ||
  [...(one.labels ?? [])].some((label) => label.textContent.trim());
return [...document.querySelectorAll(
  "button, input:not([hidden]), select, a, canvas[role]")]
  .filter((one) => !named(one)).map((one) => one.outerHTML);
"""
# What another element is named or described by, or controls, and is not there.
LOST = """
return "labelledby describedby controls activedescendant".split(" ")
  .flatMap((kind) => [...document.querySelectorAll(`[aria-${kind}]`)]
    .flatMap((one) => one.getAttribute(`aria-${kind}`).split(/\\s+/)))
  .filter((id) => !document.getElementById(id));
"""
# Ratio of two colours as WCAG 2 has it.
CONTRAST = """
const luminance = (colour) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((one) =>
    one / 255 <= 0.04045 ? one / 255 / 12.92
      : ((one / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const style = getComputedStyle(document.documentElement);
const [one, other] = [...arguments].map((name) =>
  luminance(style.getPropertyValue(name).trim())).sort((a, b) => b - a);
return (one + 0.05) / (other + 0.05);
"""


def test_keys_alone_are_enough(page, sound):
    from selenium.webdriver import Keys

    page.open()
    page.tab_to("#file")
    page.choose(sound)
    page.tagged()
    page.wait(lambda: page.one("#play").is_enabled())
    page.open()
    page.choose(sound)
    page.tagged()
    page.tab_to("#position")
    page.press(Keys.END)
    assert page.text("#time") == "0:08 / 0:08"
    page.press(Keys.HOME)
    page.tab_to("#play")
    page.press(Keys.SPACE)
    page.wait(lambda: page.one("#play").get_attribute("aria-label") == "Pause")
    page.press(Keys.SPACE)
    clips = page.tab_to("#clips")
    page.press(Keys.END)
    assert page.text("#time").startswith("0:07")
    assert "%" in clips.get_attribute("aria-valuetext")
    page.press("/")
    assert page.driver.switch_to.active_element == page.one("#query")
    page.press("rock", Keys.ENTER)
    page.found()
    page.tab_to("#results .row button")
    page.press(Keys.SPACE)
    page.wait(lambda: page.all("#results [data-playing=true]"))


def test_a_token_is_asked_for_once(page):
    page.open()
    page.driver.delete_all_cookies()
    page.driver.get(page.address)
    page.wait(lambda: page.one("#token").is_displayed())
    page.one("#token-text").send_keys("another\n")
    page.wait(lambda: "another token" in page.text("#token-wrong"))
    page.one("#token-text").clear()
    page.enter(served_page.TOKEN)
    page.open()
    assert not page.one("#token").is_displayed()


def focused(page):
    return page.run("return document.activeElement.id")


def test_the_first_tab_leads_to_the_library(page):
    from selenium.webdriver import Keys

    page.open(hash="#q=rock")
    found = page.found()
    page.press(Keys.TAB)
    skip = page.driver.switch_to.active_element
    assert skip.text == "Skip to the library"
    skip.send_keys(Keys.ENTER)
    page.wait(lambda: focused(page) == "library")
    # What was found is still there.
    assert page.found() == found
    assert page.one("#query").get_attribute("value") == "rock"


def test_everything_has_a_name_and_what_happens_is_said(page, sound):
    from selenium.webdriver import Keys

    page.open(hash="#q=rock")
    page.found()
    page.choose(sound)
    page.tagged()
    page.show_map()
    said = page.text("#said")
    page.one("#map-query").send_keys("piece 03", Keys.ENTER)
    page.wait(lambda: page.text("#chosen .title") == "piece 03.wav")
    assert page.run(NAMELESS) == []
    assert page.run(LOST) == []
    ids = page.run(
        "return [...document.querySelectorAll('[id]')].map((one) => one.id)"
    )
    assert len(ids) == len(set(ids))
    assert said.startswith("Tagged. Likeliest: ")
    headings = page.run(
        "return [...document.querySelectorAll('h1')].map((h) => h.textContent)"
    )
    assert headings == ["tftag"]


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_told_apart(page, dark):
    page.open(dark=dark)
    for text in ("--ink", "--muted", "--accent"):
        for ground in ("--paper", "--card"):
            assert page.run(CONTRAST, text, ground) >= 4.5, (text, ground)
    assert page.run(CONTRAST, "--on-accent", "--accent") >= 4.5
    assert page.run(CONTRAST, "--edge", "--card") >= 3


def test_dark_is_dark_and_drawn_anew(page, sound):
    lightness, drawn = [], []
    for dark in (False, True):
        page.open(dark=dark)
        page.choose(sound)
        page.drawn()
        ground = page.run("return getComputedStyle(document.body).background")
        lightness.append(int(re.search(r"rgb\((\d+)", ground)[1]))
        drawn.append(
            page.run(
                "return document.getElementById('spectrogram').toDataURL()"
            )
        )
    assert lightness[0] > 240
    assert lightness[1] < 25
    assert drawn[0] != drawn[1]


def test_nothing_moves_where_that_is_asked(page, sound):
    page.open(calm=True)
    page.choose(sound)
    page.tagged()
    moving = page.run("return document.getAnimations().length")
    assert moving == 0


@pytest.mark.parametrize("size", [(320, 640), browser.PHONE, (768, 1024)])
def test_nothing_scrolls_sideways(page, sound, size):
    page.open(size, hash="#q=rock+-jazz")
    page.found()
    assert not page.is_too_wide()
    page.choose(sound)
    page.tagged()
    assert not page.is_too_wide()


def test_nothing_jumps_when_the_answer_comes(page, sound):
    page.open()
    places = (
        "return ['play', 'timeline', 'library', 'query'].map((id) =>"
        " document.getElementById(id).getBoundingClientRect().top + scrollY)"
    )
    before = page.run(places)
    page.choose(sound)
    page.tagged()
    assert page.run(places) == pytest.approx(before, abs=1)


def test_a_long_name_of_a_model_stays_within_a_phone(page):
    page.open(browser.PHONE)
    page.run(
        "document.querySelector('#model option').textContent = arguments[0]",
        "a name that goes on and on " * 3,
    )
    right = "return arguments[0].getBoundingClientRect().right"
    assert page.run(right, page.one("#model")) <= page.run(
        right, page.one("main")
    )
    # One line, not a word below the other.
    height = page.run(
        "return arguments[0].getBoundingClientRect().height", page.one("#about")
    )
    assert height < 30


def test_the_keyboard_stays_where_a_button_goes(page, sound):
    """Chips, buttons that ask again, and the one that begins to record."""
    from selenium.webdriver import Keys

    page.open(hash="#q=rock+-jazz")
    page.found()
    page.run("document.querySelector('#terms .negative .sign').focus()")
    page.press(Keys.ENTER)
    page.wait(lambda: not page.all("#terms .negative"))
    assert focused(page) == "results-title"
    page.run("document.querySelector('#terms .remove').focus()")
    page.press(Keys.ENTER)
    page.wait(lambda: len(page.all("#terms .chip")) == 1)
    assert focused(page) == "results-title"
    page.run("document.querySelector('#terms .remove').focus()")
    page.press(Keys.ENTER)
    page.wait(lambda: page.all("#results .examples"))
    assert focused(page) == "results-title"
    with page.offline():
        page.choose(sound)
        page.wait(lambda: page.all("#tags .trouble button"))
    page.run("document.querySelector('#tags .trouble button').focus()")
    page.press(Keys.ENTER)
    page.tagged()
    assert focused(page) == "tags"
    page.run("document.getElementById('record').focus()")
    page.press(Keys.ENTER)
    page.wait(lambda: page.text("#record").strip() == "Stop")
    assert focused(page) == "record"
    page.wait(lambda: page.text(".recorded") > "0:00")
    page.press(Keys.ENTER)
    assert page.tagged()


def test_the_keyboard_is_not_taken_from_who_types(page):
    """While a recording of the library is tagged."""
    from selenium.webdriver import Keys

    page.open(hash="#q=rock")
    page.found()
    page.run(
        "const { send } = XMLHttpRequest.prototype;"
        "XMLHttpRequest.prototype.send = function (body) {"
        "  window.go = () => send.call(this, body); }"
    )
    page.run("document.querySelector('#results [aria-label^=Tags]').focus()")
    page.press(Keys.ENTER)
    assert focused(page) == "name"
    page.wait(lambda: page.run("return 'go' in window"))
    page.press("/")
    page.run("go()")
    page.tagged()
    assert focused(page) == "query"


def test_a_click_beside_the_points_chooses_none(page):
    from selenium.webdriver import ActionChains, Keys

    page.open()
    page.show_map()
    canvas = page.one("#points")
    width, height = canvas.size["width"], canvas.size["height"]
    ActionChains(page.driver).move_to_element_with_offset(
        canvas, 3 - width // 2, 3 - height // 2
    ).click().perform()
    assert focused(page) == "points"
    assert not page.all("#chosen .row")
    # And the keys begin in the middle.
    page.press(Keys.ARROW_LEFT)
    assert page.all("#chosen .row")
