"""What goes wrong on the page, and how it is afterwards."""

import os
import shutil
import subprocess

import browser
import pytest
import served_page

pytestmark = browser.MARKS

# Answers some addresses instead of the server.
ANSWER = """
const [beginning, status, body] = arguments, real = window.fetch;
window.asServed = () => { window.fetch = real; };
window.fetch = (address, options) => address.startsWith(beginning)
  ? Promise.resolve(new Response(body, { status })) : real(address, options);
"""
CUT = """
const [beginning] = arguments, real = window.fetch;
window.fetch = (address, options) => address.startsWith(beginning)
  ? Promise.resolve(new Response(new ReadableStream({
      start: (stream) => stream.error(new TypeError("network error")) })))
  : real(address, options);
"""
# The answer to a recording is the page itself, as of a proxy that asks for a
# password.
NO_JSON = """
const open = XMLHttpRequest.prototype.open;
XMLHttpRequest.prototype.open = function () { open.call(this, "GET", "/"); };
"""


def other_model(page):
    """Chooses the other one of the models."""
    page.run(
        "const model = document.getElementById('model');"
        "model.selectedIndex = 1 - model.selectedIndex;"
        "model.dispatchEvent(new Event('change'))"
    )


def test_a_recording_that_does_not_open_leaves_nothing_of_the_one_before(
    page, sound
):
    page.open(hash="#q=rock")
    first, *_ = page.found()
    page.choose(sound)
    page.tagged()
    page.run(ANSWER, "audio/", 503, '{"error": "it is ending"}')
    page.one("#results [aria-label^='Tags']").click()
    page.wait(lambda: "starting or ending" in page.text("#message"))
    assert page.text("#message [role=alert] .detail") == "it is ending"
    assert page.text("#name") == first
    assert not page.one("#like-this").is_displayed()
    assert page.text("#remarks") == ""
    # Another model has nothing to tag.
    other_model(page)
    assert page.text("#tags").startswith("Every tag of the model")
    page.run("asServed()")
    page.one("#message button").click()
    assert page.tagged()


def test_what_is_being_recorded_gives_way_to_the_library(page):
    page.open(hash="#q=rock")
    page.found()
    page.run(ANSWER, "audio/", 404, '{"error": "gone"}')
    page.one("#record").click()
    page.wait(lambda: page.text("#record").strip() == "Stop")
    page.one("#results [aria-label^='Tags']").click()
    page.wait(lambda: "does not have" in page.text("#message"))
    assert page.text("#record").strip() == "Record"


def test_a_microphone_that_cannot_be_recorded_is_let_go(page):
    page.open()
    page.run(
        "const { mediaDevices } = navigator, real = mediaDevices.getUserMedia;"
        "mediaDevices.getUserMedia = async (asked) =>"
        "  window.given = await real.call(mediaDevices, asked);"
        "AudioWorklet.prototype.addModule = () =>"
        "  Promise.reject(new DOMException('', 'AbortError'))"
    )
    page.one("#record").click()
    page.wait(lambda: "cannot be used" in page.text("#notices"))
    states = "return given.getTracks().map(({ readyState }) => readyState)"
    assert page.run(states) == ["ended"]
    assert page.text("#record").strip() == "Record"


def test_a_recording_that_states_no_length_has_one(page, tmp_path, sound):
    """As programs write WebM that send it while it is made."""
    path = tmp_path / "streamed.webm"
    command = [shutil.which("ffmpeg"), "-i", sound, "-c:a", "libopus"]
    command += ["-f", "webm", "-"]
    with path.open("wb") as file:
        subprocess.run(command, stdout=file, check=True)
    page.open()
    page.choose(path)
    page.drawn()
    assert page.text("#time") == "0:00 / 0:08"
    page.tagged()
    page.one("#play").click()
    at = "return Number(document.getElementById('position').value)"
    first = page.wait(lambda: page.run(at))
    assert first < 7
    page.wait(lambda: page.run(at) > first)


def test_a_result_that_states_no_length_has_that_of_the_index(page):
    page.open(hash="#q=rock")
    page.found()
    page.run(
        "Object.defineProperty(HTMLMediaElement.prototype, 'duration',"
        "  { get: () => Infinity })"
    )
    page.one("#results .row button").click()
    position = page.one("#results .row input")
    page.wait(lambda: float(position.get_attribute("value")) > 0)
    assert position.get_attribute("aria-valuetext").endswith(" of 0:03")


def test_what_is_not_drawn_may_play(page, sound):
    page.open()
    page.run(
        "BaseAudioContext.prototype.decodeAudioData = () =>"
        "  Promise.reject(new DOMException('', 'EncodingError'))"
    )
    page.choose(sound)
    page.wait(lambda: "cannot draw" in page.text("#message"))
    assert page.one("#play").is_enabled()


def test_a_sound_that_failed_can_be_tried_again(page):
    page.open(hash="#q=rock")
    page.found()
    page.run(
        "window.play = HTMLMediaElement.prototype.play;"
        "HTMLMediaElement.prototype.play = function () {"
        "  this.src = 'audio/none'; return play.call(this); };"
    )
    # It fails when its line has gone.
    page.run(
        "const button = document.querySelector('#results .row button');"
        "button.click(); button.closest('.row').remove()"
    )
    page.run("HTMLMediaElement.prototype.play = window.play")
    page.driver.execute_async_script(
        "setTimeout(arguments[arguments.length - 1], 1000)"
    )
    page.one("#query").send_keys("\n")
    page.wait(lambda: len(page.found()) == 10)
    page.one("#results .row button").click()
    page.wait(lambda: page.all("#results [aria-label^=Pause]"))


def test_a_search_that_is_given_up_is_over(page):
    page.open()
    page.run(
        "const real = window.fetch; window.fetch = (address, options) =>"
        "  address.startsWith('search') ? new Promise((_, reject) =>"
        "    options.signal.addEventListener('abort', () =>"
        "      reject(new DOMException('', 'AbortError'))))"
        "  : real(address, options)"
    )
    page.run("location.hash = '#q=rock'")
    busy = "return document.getElementById('results').ariaBusy"
    page.wait(lambda: page.run(busy) == "true")
    page.driver.back()
    page.wait(lambda: page.all("#results .examples"))
    assert page.run(busy) == "false"


def test_a_wrong_query_leaves_nothing_of_the_one_before(page):
    page.open(hash="#q=rock+-jazz")
    page.found()
    assert page.texts("#terms .phrase") == ["rock", "jazz"]
    page.one("#query").send_keys(' "open\n')
    page.wait(lambda: "Quotes must be closed" in page.text("#results"))
    assert page.texts("#terms .phrase") == []
    assert page.one("#grammar").is_displayed()


def test_more_is_asked_like_the_same_recording(page, tmp_path, sound):
    """Though another one has been opened meanwhile."""
    other = tmp_path / "other.wav"
    shutil.copy(sound, other)
    page.open()
    page.choose(sound)
    page.tagged()
    page.one("#like-this").click()
    page.found()
    page.choose(other)
    page.wait(lambda: page.text("#name") == "other.wav")
    page.one("#more-results").click()
    page.wait(lambda: len(page.found()) > 10)
    assert page.texts("#terms .phrase") == [sound.name]


def test_an_answer_that_is_none_of_the_service_is_said(page, sound):
    page.open()
    page.run(NO_JSON)
    page.choose(sound)
    page.wait(lambda: "Something else answers" in page.text("#tags"))
    page.run(ANSWER, "search", 200, "<html>")
    page.one("#query").send_keys("rock\n")
    page.wait(lambda: "Something else answers" in page.text("#results"))


@pytest.mark.parametrize("address", ["search", "audio/"])
def test_an_answer_that_is_cut_is_said(page, address):
    page.open(hash="#q=rock")
    page.found()
    page.run(CUT, address)
    if address == "search":
        page.one("#query").send_keys(" jazz\n")
    else:
        page.one("#results [aria-label^='Tags']").click()
    place = {"search": "#results", "audio/": "#message"}[address]
    page.wait(lambda: "does not answer" in page.text(place))
    assert page.one(f"{place} .trouble button").is_displayed()


def test_a_file_that_has_changed_is_no_fault_of_the_server(
    page, tmp_path, sound
):
    path = tmp_path / "mine.wav"
    shutil.copy(sound, path)
    page.open()
    page.choose(path)
    page.tagged()
    path.write_bytes(path.read_bytes()[:-1_000])
    # Chromium compares whole seconds.
    os.utime(path, (0, path.stat().st_mtime + 2))
    other_model(page)
    page.wait(lambda: "has changed since" in page.text("#tags"))


def test_a_token_that_opens_nothing_is_explained(page):
    from selenium.webdriver import Keys

    page.open()
    page.driver.delete_all_cookies()
    page.driver.get(page.address)
    page.wait(lambda: page.one("#token").is_displayed())
    page.press(Keys.ESCAPE)  # leads nowhere
    page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert page.one("#token").is_displayed()
    page.one("#token-text").send_keys("\u201cquoted\u201d\n")
    page.wait(lambda: "another token" in page.text("#token-wrong"))
    page.one("#token-text").clear()
    # A browser that keeps no cookies.
    page.run(
        "window.sent = 0; const real = window.fetch;"
        "window.fetch = (address, options) => address === 'session'"
        "  ? (sent++, Promise.resolve(new Response(null, { status: 204 })))"
        "  : real(address, options)"
    )
    for count in (1, 2):
        page.one("#token-text").send_keys("x\n")
        page.wait(lambda: "cookie" in page.text("#token-wrong"))
        page.wait(lambda count=count: page.run("return sent") == count)
    page.enter(served_page.TOKEN)


def test_an_answer_that_comes_late_finds_the_place(page, sound):
    """Who has gone on in the recording is not at its start again."""
    page.open()
    page.run(
        "const { send } = XMLHttpRequest.prototype;"
        "XMLHttpRequest.prototype.send = function (body) {"
        "  window.go = () => send.call(this, body); }"
    )
    page.choose(sound)
    page.drawn()
    page.run(
        "const position = document.getElementById('position');"
        "position.value = 6; position.dispatchEvent(new Event('input'))"
    )
    page.run("go()")
    page.tagged()
    clips = page.one("#clips")
    assert clips.get_attribute("aria-valuetext").startswith("0:06")
