"""One recording on the page: opened, drawn, tagged, played, refused."""

import socket

import browser
import httpx
import numpy as np
import pytest
import served_page
import soundfile

pytestmark = browser.MARKS


def percent(share):
    return f"{int(100 * share + 0.5)}\u00a0%"


def seconds(page):
    """Where the recording is, and how long it is."""
    return page.run(
        "const { value, max } = document.getElementById('position');"
        "return [Number(value), Number(max)]"
    )


@pytest.mark.parametrize("way", ["drop", "choose"])
def test_bars_are_those_of_the_service(page, served, sound, way):
    page.open()
    getattr(page, way)(sound)
    said = served_page.asked(served, "tag", sound.read_bytes())["tags"]
    expected = [(one["tag"], percent(one["probability"])) for one in said]
    assert page.tagged() == expected
    given = [one["tag"] for one in said if one["is_given"]]
    assert page.texts("#tags .given .tag-name") == given
    marks = page.run(
        "return [...document.querySelectorAll('#tags .mark')].map((mark) =>"
        " Number(mark.style.getPropertyValue('--share')))"
    )
    assert marks == pytest.approx([one["threshold"] for one in said])
    assert page.text("#name") == sound.name


def test_waveform_and_spectrogram_are_drawn(page, sound):
    page.open()
    page.choose(sound)
    page.tagged()
    page.drawn()
    for name in ("waveform", "spectrogram"):
        colours = page.run(
            "const canvas = document.getElementById(arguments[0]);"
            "const { data } = canvas.getContext('2d').getImageData("
            "  0, 0, canvas.width, canvas.height);"
            "return new Set(new Uint32Array(data.buffer)).size",
            name,
        )
        assert colours > 1, name
    assert seconds(page) == pytest.approx([0, 8], abs=0.01)


def test_a_tone_is_drawn_at_its_height(page, sound):
    page.open()
    strongest = page.driver.execute_async_script(
        """
        const done = arguments[arguments.length - 1];
        import("/page/recording/fourier.js").then(({ spectrum }) => {
          const magnitudes = spectrum(1024);
          done([3, 100, 500].map((bin) => {
            const tone = Float32Array.from({ length: 1024 }, (_, n) =>
              Math.sin((2 * Math.PI * bin * n) / 1024));
            const found = magnitudes(tone);
            return found.indexOf(Math.max(...found));
          }));
        });
        """
    )
    assert strongest == [3, 100, 500]


def test_silence_is_drawn_as_nothing(page, tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    page.open()
    page.choose(path)
    page.drawn()
    colours = page.run(
        "const canvas = document.getElementById('spectrogram');"
        "const { data } = canvas.getContext('2d').getImageData("
        "  0, 0, canvas.width, canvas.height);"
        "return [...new Set(new Uint32Array(data.buffer))]"
    )
    # Of the lightest end of the ramp, and opaque.
    assert min(min(one.to_bytes(4)) for one in colours) > 250
    page.wait(lambda: "samples are zero" in page.text("#tags"))


def test_a_click_on_the_timeline_seeks(page, sound):
    page.open()
    page.choose(sound)
    page.tagged()
    page.wait(lambda: seconds(page)[1])
    page.run(
        "const rows = document.querySelector('.rows');"
        "const { left, top, width } = rows.getBoundingClientRect();"
        "rows.dispatchEvent(new MouseEvent('click', {"
        "  clientX: left + 0.8 * width, clientY: top + 5, bubbles: true }))"
    )
    assert seconds(page)[0] == pytest.approx(6.4, abs=0.05)
    assert page.text("#time").startswith("0:06")


def test_it_plays_and_the_position_moves(page, sound):
    page.open()
    page.choose(sound)
    page.wait(lambda: page.one("#play").is_enabled())
    page.one("#play").click()
    page.wait(lambda: seconds(page)[0] > 0.2)
    assert page.one("#play").get_attribute("aria-label") == "Pause"
    page.one("#play").click()
    page.wait(lambda: page.one("#play").get_attribute("aria-label") == "Play")


def test_the_microphone_is_recorded_and_tagged(page):
    page.open()
    page.one("#record").click()
    page.wait(lambda: page.text("#record").strip() == "Stop")
    page.wait(lambda: page.text(".recorded") > "0:00")
    page.one("#record").click()
    assert page.tagged()
    page.wait(lambda: seconds(page)[1] >= 1)
    assert page.text("#name").startswith("Recorded at")


def test_no_microphone_is_said(served):
    with browser.opened(microphone=False) as driver:
        page = browser.Page(driver, served.address)
        page.enter(served_page.TOKEN)
        page.one("#record").click()
        page.wait(lambda: "microphone" in page.text("#notices"))
        assert page.one("#record").is_enabled()


def test_what_is_no_recording_is_said(page, tmp_path, sound):
    (tmp_path / "text.mp3").write_text("no music, but words " * 50)
    page.open()
    page.choose(tmp_path / "text.mp3")
    page.wait(lambda: "cannot read this as music" in page.text("#tags"))
    page.wait(lambda: "cannot play" in page.text("#message"))
    # And the next one is welcome.
    page.choose(sound)
    assert page.tagged()


def test_what_is_too_large_is_said_before_it_is_sent(page, tmp_path):
    path = served_page.write_sound(
        tmp_path / "large.wav", 2 + served_page.BODY_BYTES / 16_000, 1
    )
    page.open()
    page.choose(path)
    page.wait(lambda: "too large" in page.text("#tags"))
    assert "1\u00a0MB" in page.text("#tags .trouble")


def is_busy(served):
    try:
        served_page.asked(served, "search", q="pop")
    except httpx.HTTPStatusError as error:
        return error.response.status_code == 429
    return False


def test_a_busy_server_is_said_and_asked_again(page, served, sound):
    page.open()
    head = (
        "POST /tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
        f"Authorization: Bearer {served_page.TOKEN}\r\n\r\n"
    )
    held = [
        socket.create_connection(("127.0.0.1", served.port))
        for _ in range(served_page.REQUESTS)
    ]
    for one in held:
        one.sendall(head.encode())
    page.wait(lambda: is_busy(served))  # it has to read these first
    page.choose(sound)
    page.wait(lambda: "busy" in page.text("#tags"))
    for one in held:
        one.close()
    page.wait(lambda: page.one("#tags .trouble button").is_displayed())
    page.one("#tags .trouble button").click()
    assert page.tagged()


def test_a_server_that_is_gone_is_said(page, sound):
    page.open()
    with page.offline():
        page.choose(sound)
        page.wait(lambda: "does not answer" in page.text("#tags"))
        # What needs no server goes on.
        page.drawn()
    page.one("#tags .trouble button").click()
    assert page.tagged()


def test_names_are_only_text(page, sound):
    page.open()
    page.drop(sound, f"{served_page.TRAP}.wav")
    names = [name for name, _ in page.tagged()]
    assert served_page.TRAP.casefold() in names
    assert page.text("#name") == f"{served_page.TRAP}.wav"
    assert page.all("main img") == []
    assert page.driver.title == "tftag"
