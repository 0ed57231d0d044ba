"""Which effects go together; what they do is tried with the command itself."""

import argparse
import re

import odd_audio
import pytest
from mutagen import apev2

from tftag.cli.tag import tag_effects
from tftag.cli.tag.embedded_tags import file_tags


def parsed(*words):
    parser = argparse.ArgumentParser()
    tag_effects.add_flags(parser)
    return parser.parse_args(list(words))


def test_nothing_is_done_to_files_unless_it_is_asked_for():
    asked = parsed()
    assert not (asked.write_tags or asked.m3u or asked.undo or asked.dry_run)
    tag_effects.check(asked)


@pytest.mark.parametrize("others", [[], ["--m3u", "lists"]])
@pytest.mark.parametrize(
    "flag", ["--dry-run", "--overwrite-tags", "--fields=mine.csv"]
)
def test_what_belongs_to_writing_is_refused_without_it(flag, others):
    with pytest.raises(ValueError, match=re.escape("go with --write-tags")):
        tag_effects.check(parsed(flag, *others))


def test_where_nothing_is_to_be_written_no_playlist_is():
    with pytest.raises(ValueError, match="leave out one"):
        tag_effects.check(
            parsed("--write-tags", "undo", "--dry-run", "--m3u", "lists")
        )


def test_the_shipped_table_of_fields_is_the_default():
    assert parsed().fields == tag_effects.field_table.SHIPPED
    assert tag_effects.field_table.SHIPPED.is_file()


def test_a_genre_in_the_other_tag_of_a_file_stays_the_one(tmp_path):
    song, table = tmp_path / "a.mp3", tmp_path / "fields.csv"
    song.write_bytes(odd_audio.encoded(odd_audio.tone(0.5), kind="MP3"))
    tags = apev2.APEv2()
    tags["Genre"] = "Dub"
    tags.save(song)
    table.write_text("tag,field,value\nrock,genre,Rock\nsad,mood,Sad\n")

    def fail(path, error):
        raise error

    words = ("--write-tags", str(tmp_path / "undo"), "--fields", str(table))
    for more, genre in (((), []), (("--overwrite-tags",), ["Rock"])):
        asked = argparse.Namespace(**vars(parsed(*words, *more)), shard=None)
        with tag_effects.opened(asked, fail) as (write,):
            assert write(song, ["rock", "sad"])
        assert file_tags.read(song) == {"genre": genre, "mood": ["Sad"]}
