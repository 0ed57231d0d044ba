import hashlib
import os
import stat

import ffmpeg_files
import mutagen
import numpy as np
import odd_audio
import pytest
import soundfile
from mutagen import id3

from tftag import audio
from tftag.cli.tag.embedded_tags import file_tags

RATE = odd_audio.RATE_HZ
FIELDS = {"genre": ["Rock", "R&B"], "mood": ["Été"]}
NONE = {"genre": [], "mood": []}
KINDS = {
    "a.mp3": ("MP3", None),
    "a.flac": ("FLAC", None),
    "a.ogg": ("OGG", "VORBIS"),
    "a.wav": ("WAV", None),
    "a.aiff": ("AIFF", None),
}
BY_FFMPEG = {
    "aac.m4a": ffmpeg_files.LOSSY["aac.m4a"],
    "front.m4a": ffmpeg_files.LOSSY["front.m4a"],
    "alac.m4a": ffmpeg_files.LOSSLESS["alac.m4a"],
    "a.wv": ffmpeg_files.LOSSLESS["a.wv"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A file of each kind."""
    folder = tmp_path_factory.mktemp("made")
    x = odd_audio.tone(0.5)
    for name, (kind, subtype) in KINDS.items():
        data = odd_audio.encoded(x, kind=kind, subtype=subtype)
        (folder / name).write_bytes(data)
    for name, options in BY_FFMPEG.items():
        ffmpeg_files.write(folder, name, options, x[:, 0], RATE)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    def copy_of(name):
        path = tmp_path / name
        path.write_bytes((made / name).read_bytes())
        return path

    return copy_of


def ogg_packets(data):
    packets, start, part = [], 0, b""
    while start < len(data):
        lengths = data[start + 27 : start + 27 + data[start + 26]]
        start += 27 + len(lengths)
        for length in lengths:
            part += data[start : start + length]
            start += length
            if length < 255:
                packets.append(part)
                part = b""
    return packets


def samples(path):
    return audio.decode_file(path, RATE).samples


@pytest.mark.parametrize(
    "name",
    [
        *(*KINDS, "aac.m4a", "a.wv"),
        pytest.param("front.m4a", marks=pytest.mark.slow),
        pytest.param("alac.m4a", marks=pytest.mark.slow),
    ],
)
def test_tags_are_there_and_the_audio_is_untouched(copy, name):
    path = copy(name)
    sound, whole = samples(path), path.read_bytes()
    # Tags lie around it, in any kind of file.
    encoded = whole[len(whole) // 4 : -(len(whole) // 4)]
    assert file_tags.read(path) == NONE
    os.chmod(path, 0o640)
    os.utime(path, ns=(10**18, 10**18 + 7))
    for fields in (FIELDS, {"genre": ["Jazz"]}, {"mood": []}):
        before = file_tags.read(path)
        file_tags.write(path, fields)
        assert file_tags.read(path) == before | fields
        assert encoded in path.read_bytes()
        np.testing.assert_array_equal(samples(path), sound)
        facts = os.stat(path)
        assert facts.st_mtime_ns == 10**18 + 7
        assert stat.S_IMODE(facts.st_mode) == 0o640
    file_tags.write(path, {"genre": []})
    assert file_tags.read(path) == NONE
    assert os.listdir(path.parent) == [name]


@pytest.mark.parametrize("version", [3, 4])
def test_other_tags_stay(copy, version):
    path = copy("a.mp3")
    tags = id3.ID3()
    tags.add(id3.TIT2(encoding=1, text="Title"))
    tags.add(id3.TYER(encoding=0, text="1999"))
    tags.add(id3.TCON(encoding=0, text="(17)"))
    tags.add(id3.APIC(encoding=0, mime="image/png", type=3, data=b"png" * 99))
    if version == 4:
        tags.update_to_v24()
    # An ID3v1 tag that says more than the other one.
    tags.save(path, v2_version=version, v1=0)
    v1 = b"TAG" + b"Another title".ljust(30, b"\0") + bytes(94) + b"\x11"
    with open(path, "ab") as file:
        file.write(v1)
    before = mutagen.File(path)
    others = {k: v for k, v in before.tags.items() if k != "TCON"}
    assert file_tags.read(path)["genre"] != []
    file_tags.write(path, FIELDS)
    after = mutagen.File(path)
    assert after.tags.version[1] == version
    assert {k: after.tags[k] for k in others} == others
    assert path.read_bytes().endswith(v1)
    assert file_tags.read(path) == FIELDS


def test_vorbis_comments_of_others_stay(copy):
    path = copy("a.flac")
    found = mutagen.File(path)
    found["title"], found["GeNrE"] = ["A", "B"], "Old"
    found.save()
    assert file_tags.read(path)["genre"] == ["Old"]
    file_tags.write(path, FIELDS)
    assert mutagen.File(path)["title"] == ["A", "B"]
    assert file_tags.read(path) == FIELDS


@pytest.mark.parametrize("name", ["gsm610.wav", "length_ffffffff.wav"])
def test_what_would_sound_otherwise_is_refused(tmp_path, name):
    """A writer that trusts the header would cut it, or add to the sound."""
    path = tmp_path / name
    path.write_bytes(odd_audio.usable()[name].data)
    before = path.read_bytes()
    why = "decoded as before|read what it wrote"
    with pytest.raises(file_tags.UntaggableFile, match=why):
        file_tags.write(path, FIELDS)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_odd_files_are_written_or_named_and_whole(tmp_path, step):
    files = odd_audio.usable() | odd_audio.unusable()
    for name, odd in list(files.items())[::step]:
        path = tmp_path / name
        path.write_bytes(odd.data)
        before = decoded(path)
        digest = hashlib.sha256(path.read_bytes()).digest()
        try:
            file_tags.write(path, FIELDS)
        except file_tags.UntaggableFile as error:
            assert str(path) in str(error), name
            assert hashlib.sha256(path.read_bytes()).digest() == digest, name
        else:
            assert file_tags.read(path) == FIELDS, name
        assert decoded(path) == before, name


def test_a_length_that_leaves_no_room_is_named(copy):
    """As of a WAV that came through a pipe: mutagen cannot add to it."""
    path = copy("a.wav")
    data = bytearray(path.read_bytes())
    data[4:8] = b"\xff" * 4
    path.write_bytes(data)
    with pytest.raises(file_tags.UntaggableFile, match="a.wav: mutagen cannot"):
        file_tags.write(path, FIELDS)
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("lost", ["half", "last byte"])
def test_what_mutagen_puts_where_nobody_finds_it_is_not_written(copy, lost):
    path = copy("a.wav")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    length = len(data) - at - 4
    if lost == "half":  # of what the header states
        length //= 2
    else:
        data.pop()
        length -= 1
        data[4:8] = (len(data) - 8).to_bytes(4, "little")
    data[at : at + 4] = length.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(file_tags.UntaggableFile, match="what it wrote"):
        file_tags.write(path, FIELDS)
    assert path.read_bytes() == data


def test_a_tag_longer_than_its_file_is_named(copy):
    path = copy("a.mp3")
    path.write_bytes(b"ID3\3\0\0" + b"\x7f" * 4 + path.read_bytes())
    with pytest.raises(file_tags.UntaggableFile, match="a.mp3: .*is damaged"):
        file_tags.write(path, FIELDS)


def decoded(path):
    try:
        return samples(path).tobytes()
    except audio.UnusableAudio as error:
        return error.reason


@pytest.mark.parametrize("is_whole", [False, True])
def test_what_somebody_saves_meanwhile_stays(copy, monkeypatch, is_whole):
    """In place or as a new file, of the same size and time or not."""
    path = copy("a.flac")
    file_tags.write(path, FIELDS)
    find = file_tags._samples

    def decoded_long(file, of):
        if file == path:  # the copy was made before
            facts = os.stat(path)
            mine = path.with_name("mine.flac") if is_whole else path
            mine.write_bytes(path.read_bytes().replace(b"Rock", b"Mine"))
            os.replace(mine, path)
            os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        return find(file, of)

    monkeypatch.setattr(file_tags, "_samples", decoded_long)
    with pytest.raises(file_tags.UntaggableFile, match="changed it meanwhile"):
        file_tags.write(path, {"mood": ["Sad"]})
    assert file_tags.read(path) == FIELDS | {"genre": ["Mine", "R&B"]}
    assert os.listdir(path.parent) == ["a.flac"]


def test_what_was_decided_by_must_be_there_still(copy):
    path = copy("a.mp3")
    before = file_tags.read(path)
    file_tags.write(path, {"mood": ["Mine"]})
    file_tags.write(path, {"genre": ["Rock"]}, before)
    with pytest.raises(file_tags.UntaggableFile, match="changed it meanwhile"):
        file_tags.write(path, {"mood": ["Sad"]}, before)
    assert file_tags.read(path) == {"genre": ["Rock"], "mood": ["Mine"]}


def test_links_are_followed_and_second_names_refused(copy):
    path = copy("a.flac")
    link = path.with_name("link.flac")
    link.symlink_to(path)
    file_tags.write(link, FIELDS)
    assert link.is_symlink() and file_tags.read(path) == FIELDS
    os.link(path, path.with_name("second.flac"))
    with pytest.raises(file_tags.UntaggableFile, match="hard links"):
        file_tags.write(path, NONE)
    assert file_tags.read(path) == FIELDS


def test_nothing_is_left_when_the_disk_is_full(copy, monkeypatch):
    path = copy("a.wav")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_tags.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        file_tags.write(path, FIELDS)
    assert path.read_bytes() == before and len(os.listdir(path.parent)) == 1


def test_whoever_lacks_mutagen_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mutagen", None)
    with pytest.raises(ValueError, match=r"install tftag\[write-tags\]"):
        file_tags.check_installed()


def test_long_opus_pages_are_told_apart(tmp_path):
    path = tmp_path / "a.opus"
    wave = odd_audio.tone(3.0, 48_000)
    soundfile.write(path, wave, 48_000, "OPUS", format="OGG")
    before = ogg_packets(path.read_bytes())[2:]
    # The comment grows beyond a page, so that all pages are numbered anew.
    file_tags.write(path, {"genre": ["x" * 100_000]})
    assert ogg_packets(path.read_bytes())[2:] == before
