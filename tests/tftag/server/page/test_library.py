"""The library on the page: words, examples, the map, sounds."""

import browser
import served_page

pytestmark = browser.MARKS


def titles(answer):
    return [found["path"].rpartition("/")[2] for found in answer["results"]]


def search(page, words):
    """Types a query and presses Enter; returns the titles that were found."""
    from selenium.webdriver import Keys

    box = page.one("#query")
    box.clear()
    box.send_keys(words, Keys.ENTER)
    page.wait(lambda: page.texts("#terms .phrase"))
    return page.found()


def test_results_are_those_of_the_service_and_a_word_is_turned(page, served):
    page.open()
    found = search(page, "rock -jazz")
    assert found == titles(
        served_page.asked(served, "search", q="rock -jazz", top=10)
    )
    assert page.texts("#terms .phrase") == ["rock", "jazz"]
    assert page.texts("#terms .negative .phrase") == ["jazz"]
    # A press on its sign asks for it instead.
    page.one("#terms .negative .sign").click()
    page.wait(lambda: not page.all("#terms .negative"))
    both = titles(served_page.asked(served, "search", q="rock jazz", top=10))
    page.wait(lambda: page.found() == both)
    assert both != found
    # And the browser's back button takes that back.
    page.driver.back()
    page.wait(lambda: page.found() == found)


def test_a_word_is_completed_by_the_keyboard(page):
    from selenium.webdriver import Keys

    page.open()
    box = page.one("#query")
    box.send_keys("rock -ja")
    page.wait(lambda: page.texts("#suggestions [role=option]") == ["jazz"])
    box.send_keys(Keys.ARROW_DOWN)
    chosen = box.get_attribute("aria-activedescendant")
    assert page.text(f"#{chosen}") == "jazz"
    box.send_keys(Keys.ENTER)
    assert page.found()
    assert box.get_attribute("value") == "rock -jazz"
    assert box.get_attribute("aria-expanded") == "false"


def test_more_like_this_and_not_like_that(page, served):
    page.open()
    first, second, *_ = search(page, "rock")
    address = page.driver.current_url
    page.all("#results .actions button")[0].click()
    page.wait(lambda: page.driver.current_url != address)
    page.wait(lambda: page.texts("#terms .phrase") == [first])
    one = served_page.asked(served, "search", q="rock")["results"][0]
    like = titles(served_page.asked(served, "similar", like=one["id"], top=10))
    page.wait(lambda: page.found() == like)
    page.one("#results [aria-label^='Not like this']").click()
    page.wait(lambda: page.texts("#terms .negative .phrase") == like[:1])
    page.wait(lambda: like[0] not in page.found())


def test_the_opened_recording_is_an_example(page, sound):
    page.open()
    page.choose(sound)
    page.tagged()
    page.one("#like-this").click()
    page.wait(lambda: page.texts("#terms .phrase") == [sound.name])
    assert page.found()


def test_a_result_plays_and_opens(page):
    page.open()
    first, *_ = search(page, "rock")
    line = page.one("#results .row")
    line.find_element("css selector", "button").click()
    page.wait(
        lambda: (
            float(
                line.find_element("css selector", "input").get_attribute(
                    "value"
                )
            )
            > 0.05
        )
    )
    line.find_element("css selector", "[aria-label^='Tags']").click()
    page.wait(lambda: page.text("#name") == first)
    assert page.tagged()


def test_a_tag_is_looked_for(page, sound):
    page.open()
    page.choose(sound)
    tag, _ = page.tagged()[0]
    page.one("#tags .tag-name").click()
    page.wait(lambda: page.texts("#terms .phrase") == [tag])
    assert page.found()


def test_a_wrong_query_is_explained(page):
    from selenium.webdriver import Keys

    page.open()
    page.one("#query").send_keys('"open', Keys.ENTER)
    page.wait(lambda: "Quotes must be closed" in page.text("#results"))


def test_the_map_is_searched_and_walked_by_keys(page):
    from selenium.webdriver import Keys

    page.open()
    page.show_map()
    label = page.one("#points").get_attribute("aria-label")
    assert f"{served_page.RECORDINGS} recordings" in label
    page.one("#map-query").send_keys("piece 03", Keys.ENTER)
    page.wait(lambda: page.text("#chosen .title") == "piece 03.wav")
    assert page.text("#map-title") == "Map: 1 found"
    page.tab_to("#points")
    before = page.text("#chosen .title")
    keys = (*(Keys.ARROW_LEFT, Keys.ARROW_UP), Keys.ARROW_RIGHT)
    walked = {before}
    for key in (*keys, Keys.ARROW_DOWN):
        page.press(key)
        walked.add(page.text("#chosen .title"))
    assert len(walked) > 2
    assert page.text("#said") == page.text("#chosen .title")
    page.press(Keys.ENTER)
    page.wait(lambda: page.all("#chosen [data-playing=true]"))


def test_a_click_chooses_a_point_of_the_map(page, served):
    page.open()
    page.show_map()
    points = served_page.asked(served, "map")
    from selenium.webdriver import ActionChains

    canvas = page.one("#points")
    width, height = canvas.size["width"], canvas.size["height"]
    # 52 pixels around the points stay free; an offset is from the middle.
    across = (points["x"][0] - 0.5) * (width - 104)
    down = (points["y"][0] - 0.5) * (height - 104)
    ActionChains(page.driver).move_to_element_with_offset(
        canvas, round(across), round(down)
    ).click().perform()
    name = points["path"][0].rpartition("/")[2]
    page.wait(lambda: page.text("#chosen .title") == name)


def test_a_name_with_a_script_is_only_text(page):
    trap = f"{served_page.TRAP}.wav"
    page.open()
    page.show_map()
    from selenium.webdriver import Keys

    page.one("#map-query").send_keys("<img", Keys.ENTER)
    page.wait(lambda: page.text("#chosen .title") == trap)
    page.one("#chosen [aria-label^='More like this']").click()
    page.wait(lambda: page.texts("#terms .phrase") == [trap])
    page.found()
    assert page.all("main img") == []
    assert page.driver.title == "tftag"


def test_a_library_that_is_gone_is_said(page):
    page.open()
    search(page, "rock")
    with page.offline():
        page.one("#query").send_keys(" jazz\n")
        page.wait(lambda: "does not answer" in page.text("#results"))
    page.one("#results .trouble button").click()
    assert page.found()


def test_an_address_brings_back_what_was_asked(page, served):
    page.open(hash="#q=rock+-jazz")
    assert page.one("#query").get_attribute("value") == "rock -jazz"
    assert page.found() == titles(
        served_page.asked(served, "search", q="rock -jazz", top=10)
    )
