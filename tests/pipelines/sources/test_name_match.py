import pathlib

import pytest

from pipelines.sources import name_match

FOLDER = pathlib.Path("/music")


def _find(files, name):
    match = name_match.NameMatch([FOLDER / file for file in files], FOLDER)
    return [file.relative_to(FOLDER).as_posix() for file in match.find(name)]


@pytest.mark.parametrize(
    ("files", "name", "found"),
    [
        # With and without folder and ending.
        (["x.wav"], "x.mp3", ["x.wav"]),
        (["x.wav"], "x", ["x.wav"]),
        (["a/x.wav"], "x.mp3", ["a/x.wav"]),
        (["x.wav"], "/home/someone/a/x.mp3", ["x.wav"]),
        (["x.wav"], "C:\\data\\x.mp3", ["x.wav"]),
        (["x.WAV"], "x", ["x.WAV"]),
        (["track.01.wav"], "track.01", ["track.01.wav"]),
        (["Mr. X.wav"], "Mr. X", ["Mr. X.wav"]),
        (["bjo\u0308rk.wav"], "bj\u00f6rk", ["bjo\u0308rk.wav"]),
        # The better of two.
        (["x.mp3", "x.wav"], "x.mp3", ["x.mp3"]),
        (["a/x.wav", "b/x.wav"], "b/x.mp3", ["b/x.wav"]),
        (["a/x.wav", "b/x.wav"], "c/b/x", ["b/x.wav"]),
        (["x.mp3", "a/x.mp3"], "x.mp3", ["x.mp3"]),
        (["x.mp3", "a/x.mp3"], "./x", ["x.mp3"]),
        (["b/a/x.wav", "c/a/x.wav"], "b/a/x.wav", ["b/a/x.wav"]),
        # As good as each other.
        (["x.flac", "x.wav"], "x.mp3", ["x.flac", "x.wav"]),
        (["a/x.wav", "b/x.wav"], "x.wav", ["a/x.wav", "b/x.wav"]),
        (["a/x.wav", "b/x.wav"], "c/x", ["a/x.wav", "b/x.wav"]),
        # Another name.
        (["xx.wav", "X.wav", "x.1.wav"], "x", ["X.wav"]),
        (["X.wav", "b/x.wav"], "x", ["b/x.wav"]),
        (["\ufeffX.wav"], "x", ["\ufeffX.wav"]),
        (["x.wav"], "x.txt", []),
        (["x.wav"], "/", []),
        (["x.wav"], ".", []),
    ],
)
def test_a_name_finds_its_file(files, name, found):
    assert _find(files, name) == found
    assert sorted(_find(files[::-1], name)) == found


def test_names_that_mean_one_file_each(tmp_path):
    files = [tmp_path / name for name in ("a/x.mp3", "b/x.mp3", "y.mp3")]
    match = name_match.NameMatch(files, tmp_path)
    names = ["a/x.mp3", "x", "y.wav", "deep/y", "z.mp3"]
    paths, problems = match.find_all(names)
    assert paths == {"a/x.mp3": files[0]}
    assert dict(problems) == {
        "x": "ambiguous: 2 files (a/x.mp3, b/x.mp3)",
        "y.wav": "ambiguous: 2 names for y.mp3",
        "deep/y": "ambiguous: 2 names for y.mp3",
        "z.mp3": "missing",
    }
    assert match.unmeant(["a/x.mp3", "z.mp3"]) == ["b/x.mp3", "y.mp3"]
