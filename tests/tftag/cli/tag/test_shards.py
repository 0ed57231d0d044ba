import pytest

from tftag.cli.tag import shards


def test_every_file_is_in_one_shard():
    paths = [f"/music/{number}.mp3" for number in range(3_000)]
    parts = [shards.Shard.parse(f"{number}/3") for number in (1, 2, 3)]
    counts = [sum(part.holds(path) for path in paths) for part in parts]
    assert sum(counts) == 3_000 and min(counts) > 900
    assert all(sum(p.holds(path) for p in parts) == 1 for path in paths)
    assert all(shards.Shard().holds(path) for path in paths)
    assert str(parts[1]) == "2/3"


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1", "1/0", "-1/2", "a/b"])
def test_other_shards_are_refused(text):
    with pytest.raises(ValueError, match="Received: " + text):
        shards.Shard.parse(text)
