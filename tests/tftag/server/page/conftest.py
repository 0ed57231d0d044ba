"""A service with a library, and a browser that shows its page."""

import browser
import pytest
import served_page
import tiny_tagger

from tftag import tags


@pytest.fixture(scope="session")
def served(tagger_model, encoder_folder, tmp_path_factory):
    """`tftag serve`, for all of these tests."""
    folder = tmp_path_factory.mktemp("served")
    names = (served_page.TRAP, *tiny_tagger.NAMES[1:])
    names = tuple(map(tags.clean_tag, names))
    model = tiny_tagger.write(
        tagger_model, folder / "tiny", vocabulary=tags.TagVocabulary(names)
    )
    with served_page.running(model.parent, encoder_folder, folder) as running:
        yield running


@pytest.fixture(scope="session")
def driver(served):
    """One browser for all of these tests, which has told the token."""
    with browser.opened() as led:
        browser.Page(led, served.address).enter(served_page.TOKEN)
        yield led


@pytest.fixture
def page(driver, served):
    """The page, opened by the test; its console stays without complaints."""
    driver.get_log("browser")
    page = browser.Page(driver, served.address)
    yield page
    assert page.complaints() == []


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """A recording of 8 seconds."""
    return served_page.write_sound(
        tmp_path_factory.mktemp("sound") / "song.wav", 8, 50
    )
