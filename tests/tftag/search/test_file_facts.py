import numpy as np
import pytest
import soundfile

from tftag.search import file_facts
from tftag.search.index import recordings
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries, transfers

mutagen = pytest.importorskip("mutagen")


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3", "wav"])
def test_every_kind_of_tag_is_read(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.zeros(8000), 8000)
    if suffix == "wav":
        from mutagen import id3, wave

        found = wave.WAVE(path)
        found.add_tags()
        for kind, text in (
            (id3.TIT2, "One"),
            (id3.TPE1, "Été"),
            (id3.TALB, "First"),
            (id3.TDRC, "1999-05-01"),
        ):
            found.tags.add(kind(encoding=3, text=[text]))
    else:
        found = mutagen.File(path, easy=True)
        if found.tags is None:
            found.add_tags()
        found["title"], found["artist"] = ["One", "Two"], ["Été"]
        found["album"], found["date"] = ["First"], ["1999-05-01"]
    found.save()
    assert file_facts.read(path) == recordings.FileTags(
        "One", "Été", "First", 1999
    )


def test_each_kind_of_tag_has_names_of_its_own():
    from mutagen import apev2, asf, id3

    wma, ape, wav = asf.ASFTags(), apev2.APEv2(), id3.ID3()
    wma["Title"], wma["Author"] = ["One", "Two"], ["Été"]
    wma["WM/AlbumTitle"], wma["WM/Year"] = ["First"], ["1999"]
    ape["Title"], ape["Artist"] = ["One", "Two"], "Été"
    ape["Album"], ape["Year"] = "First", "1999"
    for kind, texts in (
        (id3.TIT2, ["One", "Two"]),
        (id3.TPE2, ["Été"]),  # the artist of the album, where it names no other
        (id3.TALB, ["First"]),
        (id3.TDRC, ["1999-05-01"]),
    ):
        wav.add(kind(encoding=3, text=texts))
    for tags in (wma, ape, wav):
        found = [
            file_facts._first(tags, file_facts._NAMES[fact])
            for fact in ("title", "artist", "album", "date")
        ]
        assert found[:3] == ["One", "Été", "First"]
        assert found[3].startswith("1999")


def test_a_file_that_says_nothing_or_is_damaged_says_nothing(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(80), 8000)
    nothing = recordings.FileTags()
    assert file_facts.read(path) == nothing
    for content in (b"", b"ID3\x04\xff\xff\xff", b"fLaC\0\0"):
        path = tmp_path / "b.mp3"
        path.write_bytes(content)
        assert file_facts.read(path) == nothing
    assert file_facts.read(tmp_path / "absent.mp3") == nothing
    assert file_facts.is_installed()


def test_of_a_file_in_a_bucket_only_what_is_said_is_fetched(door, tmp_path):
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).uniform(-1, 1, 400_000)
    soundfile.write(path, noise, 8000)
    found = mutagen.File(path, easy=True)
    found["title"], found["artist"] = ["One"], ["Été"]
    found.save()
    place = addresses.Address("s3://music/a.flac")
    transfers.put_file(path, place)
    door.sent_bytes.clear()
    size = path.stat().st_size
    noted = remote_listing.NotedFile(place.text, size, 1)
    assert file_facts.read_remote(noted) == file_facts.read(path)
    assert file_facts.read_remote(noted).artist == "Été"
    assert door.body_bytes("a.flac") < size / 2
    door.fail(403, 99, "GET", "a.flac")
    with pytest.raises(retries.RemoteError):
        file_facts.read_remote(noted)
