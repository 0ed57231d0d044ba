"""A run over files: what is new is tagged, once, and listed in order."""

import numpy as np
import pytest

from tftag.cli.tag import journal, shards, tagging

ENTRIES = [journal.Entry(None, [["jazz", 0.5, True]])]
WHOLE = shards.Shard(1, 1)


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for name in "abcd":
        (folder / f"{name}.wav").write_bytes(name.encode() * 40)
    return folder


class Library:
    """Runs over a folder; `decoded` has the names that were decoded."""

    def __init__(self, music, tmp_path):
        self.music, self.path = music, tmp_path / "tags.csv.journal"
        self.decoded, self.failures = [], []

    def run(self, stop_after=None, broken=()):
        self.decoded, self.failures = [], []

        def decode(paths, fail):
            for path in paths:
                if path.name in broken:
                    fail(path, OSError(5, "broken", str(path)))
                else:
                    self.decoded.append(path.name)
                    yield path, np.zeros(1)

        def answer(recordings):
            return ((path, ENTRIES) for path, _ in recordings)

        with journal.opened(self.path, "a model") as notes:
            run = tagging.Run(
                *([self.music], WHOLE, notes),
                lambda path, error: self.failures.append(path.name),
            )
            for count, _ in enumerate(run.tag(decode, answer), start=1):
                if count == stop_after:
                    break
            else:
                listed = [path.name for path, _ in run.results()]
                run.tidy()
                return listed


@pytest.fixture
def library(music, tmp_path):
    return Library(music, tmp_path)


def test_every_file_is_tagged_once_and_listed_in_order(library):
    names = ["a.wav", "b.wav", "c.wav", "d.wav"]
    assert library.run() == names and sorted(library.decoded) == names
    assert library.run() == names and library.decoded == []


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_a_stopped_run_goes_on_where_it_was(library, stop_after):
    library.run(stop_after=stop_after)
    finished = set(library.decoded[:stop_after])
    assert library.run() == ["a.wav", "b.wav", "c.wav", "d.wav"]
    # What was noted is not decoded again; what was not, is.
    assert len(finished & set(library.decoded)) <= 1
    assert finished | set(library.decoded) == {f"{n}.wav" for n in "abcd"}


def test_a_broken_file_costs_itself_alone_and_is_tried_again(library):
    assert library.run(broken=["b.wav"]) == ["a.wav", "c.wav", "d.wav"]
    assert library.failures == ["b.wav"]
    assert library.run() == ["a.wav", "b.wav", "c.wav", "d.wav"]
    assert library.decoded == ["b.wav"] and not library.failures


def test_what_changed_or_went_is_followed(library, music):
    library.run()
    (music / "a.wav").write_bytes(b"other" * 50)
    (music / "d.wav").unlink()
    assert library.run() == ["a.wav", "b.wav", "c.wav"]
    assert library.decoded == ["a.wav"]
