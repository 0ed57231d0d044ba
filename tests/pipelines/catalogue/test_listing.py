"""Every file is in one shard, under a key of its own."""

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


@pytest.mark.parametrize("ending", ["", "/**"])
def test_all_audio_of_a_folder_is_listed_in_order(music, ending):
    root, names = listing.files(f"{music}{ending}", refuse)
    assert root == str(music)
    assert list(names) == ["a.wav", "b/1.wav", "b/2.wav", "c/ü [live].wav"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Received: .*nowhere"):
        listing.files(str(tmp_path / "nowhere"), refuse)


def test_only_buckets_can_be_listed():
    _, names = listing.files("https://example.org/music", refuse)
    with pytest.raises(ValueError, match="Only buckets"):
        list(names)


def test_every_file_is_in_one_shard():
    names = [f"{number}.wav" for number in range(10)]
    made = list(listing.shards("music", names, 4, "model"))
    assert [len(shard.names) for shard in made] == [4, 4, 2]
    assert [name for shard in made for name in shard.names] == names
    assert len({shard.key for shard in made}) == 3


def test_a_key_changes_with_the_files_and_the_model_alone():
    def key(names, model="model", root="music"):
        (shard,) = listing.shards(root, names, 10, model)
        return shard.key

    same = key(["a", "b"])
    assert same == key(["a", "b"], root="elsewhere")
    assert same != key(["a", "b"], model="other")
    assert same != key(["a", "c"])
    assert key(["ab", "c"]) != key(["a", "bc"])
