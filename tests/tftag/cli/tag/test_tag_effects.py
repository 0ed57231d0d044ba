"""Which effects go together; what they do is tried with the command itself."""

import argparse
import re

import pytest

from tftag.cli.tag import tag_effects


def parsed(*words):
    parser = argparse.ArgumentParser()
    tag_effects.add_flags(parser)
    return parser.parse_args(list(words))


def test_nothing_is_done_to_files_unless_it_is_asked_for():
    asked = parsed()
    assert not (asked.write_tags or asked.m3u or asked.undo or asked.dry_run)
    tag_effects.check(asked)


@pytest.mark.parametrize("flag", ["--dry-run", "--overwrite-tags"])
def test_what_belongs_to_writing_is_refused_alone(flag):
    with pytest.raises(ValueError, match=re.escape("go with --write-tags")):
        tag_effects.check(parsed(flag))


def test_the_shipped_table_of_fields_is_the_default():
    assert parsed().fields == tag_effects.field_table.SHIPPED
    assert tag_effects.field_table.SHIPPED.is_file()
