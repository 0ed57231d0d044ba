"""Every file is in one shard, under a key of its own."""

import os

import numpy as np
import pytest

from pipelines.catalogue import listing
from tftag import audio


def refuse(name, error):
    raise AssertionError(f"{name}: {error}")


@pytest.fixture
def music(tmp_path):
    for name in ("b/2.wav", "a.wav", "b/1.wav", "c/ü [live].wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        audio.write_wav(path, np.ones(80, np.int16), 8_000)
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    return tmp_path


def files_of(*names, version=""):
    return [listing.File(name, version) for name in names]


@pytest.mark.parametrize("ending", ["", "/**"])
def test_all_audio_of_a_folder_is_listed_in_order(music, ending):
    root, found = listing.files(f"{music}{ending}", refuse)
    assert root == str(music)
    names = [file.name for file in found]
    assert names == ["a.wav", "b/1.wav", "b/2.wav", "c/ü [live].wav"]


def test_a_file_that_has_changed_is_another(music):
    before, *others = listing.files(str(music), refuse)[1]
    os.utime(music / before.name, (1, 1))
    after, *same = listing.files(str(music), refuse)[1]
    assert before != after and others == same


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Received: .*nowhere"):
        listing.files(str(tmp_path / "nowhere"), refuse)


def test_only_buckets_can_be_listed():
    _, found = listing.files("https://example.org/music", refuse)
    with pytest.raises(ValueError, match="Only buckets"):
        list(found)


def test_every_file_is_in_one_shard():
    found = files_of(*(f"{number:03d}.wav" for number in range(300)))
    made = list(listing.shards("music", found, 8, "model"))
    assert [name for shard in made for name in shard.names] == [
        file.name for file in found
    ]
    assert len({shard.key for shard in made}) == len(made)
    assert max(len(shard.names) for shard in made) == 8
    (alone, *_) = listing.shards("music", found, 1, "model")
    assert alone.names == ("000.wav",)


@pytest.mark.parametrize("place", [0, 150, 300])
def test_a_file_more_leaves_the_other_shards_as_they_are(place):
    def keys(found):
        return {one.key for one in listing.shards("music", found, 8, "model")}

    found = files_of(*(f"{number:03d}.wav" for number in range(300)))
    more = [*found[:place], *files_of("new.wav"), *found[place:]]
    # Until a shard ends by itself again.
    assert len(keys(found) - keys(more)) <= 5 < len(keys(found)) / 5


def test_a_key_changes_with_the_files_and_the_model_alone():
    def key(names, model="model", root="music", version="1"):
        found = files_of(*names, version=version)
        (shard,) = listing.shards(root, found, 99, model)
        return shard.key

    same = key(["a", "b"])
    assert same == key(["a", "b"], root="elsewhere")
    assert same != key(["a", "b"], model="other")
    assert same != key(["a", "c"])
    assert same != key(["a", "b"], version="2")
    assert key(["ab", "c"]) != key(["a", "bc"])
