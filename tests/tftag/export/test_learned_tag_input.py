import odd_audio
import pytest

from tftag.export import learned_tag_input


@pytest.fixture
def songs(tmp_path):
    paths = [tmp_path / f"{name}.wav" for name in "abc"]
    for path in paths:
        path.write_bytes(odd_audio.encoded(odd_audio.tone()))
    return paths


def test_a_name_is_listed_as_tags_are():
    assert learned_tag_input.check_name(
        " Sleepy  Song", ("rock",), False, "m"
    ) == ("sleepy song")
    for name in ("", "\u200b", "Rock "):
        with pytest.raises(ValueError, match="does not have yet. Received"):
            learned_tag_input.check_name(name, ("rock",), False, "m")
    with pytest.raises(ValueError, match="must be a tagger.*Received: m, a"):
        learned_tag_input.check_name("sleepy", ("rock",), True, "m")


def test_recordings_that_nothing_is_learned_from_are_refused(songs, tmp_path):
    learned_tag_input.check_recordings(songs[:2], songs[2:])
    (tmp_path / "text.mp3").write_text("no audio")
    for like, unlike, message in (
        (songs[:1], [], "at least 2 recordings. Received: 1"),
        (songs[:2], songs[1:], "more than once: .*b.wav"),
        ([songs[0], songs[0]], [], "more than once: .*a.wav"),
        ([*songs, tmp_path / "none"], [], "Received: .*/none: No such file"),
        (songs, [tmp_path / "text.mp3"], "is learned. Received: .*text.mp3: "),
    ):
        with pytest.raises(ValueError, match=message):
            learned_tag_input.check_recordings(like, unlike)


def test_something_must_be_unlike_or_known():
    learned_tag_input.check_unlike(["a.wav"], False, "m")
    learned_tag_input.check_unlike([], True, "m")
    with pytest.raises(ValueError, match="--unlike must name.*none, for m"):
        learned_tag_input.check_unlike([], False, "m")
