"""What a search of a folder does is in test_search_command."""

import argparse
import pathlib

import drawn_index
import pytest

from tftag.cli import failures
from tftag.cli.find import opened_library
from tftag.search import library_index
from tftag.search.index import writer

ROWS = drawn_index.vectors(5)


def test_an_index_chooses_among_presets_only(tmp_path):
    own = drawn_index.write(tmp_path / "own", range(5), ROWS)
    index = library_index.LibraryIndex.open(own)
    assert opened_library.model_of(index, None) == "musicnn_words"
    assert opened_library.model_of(index, "mine") == "mine"
    begun = drawn_index.begun(model_name="/tmp/a/strangers/model")
    other = drawn_index.write(tmp_path / "other", range(5), ROWS, begun)
    index = library_index.LibraryIndex.open(other)
    with pytest.raises(ValueError, match="--model must name.*strangers"):
        opened_library.model_of(index, None)


def test_an_index_without_recordings_is_refused(tmp_path):
    empty = drawn_index.write(tmp_path / "i", [], ROWS)
    with pytest.raises(ValueError, match="must hold audio"):
        opened_library.open_index(empty)


def test_a_folder_has_its_index_inside_unless_it_is_named(tmp_path):
    asked = argparse.Namespace(library=str(tmp_path), index=None)
    place = opened_library.own_place(asked)
    assert place == tmp_path / opened_library.FOLDER_NAME
    asked.index = str(tmp_path / "i")
    assert opened_library.own_place(asked) == tmp_path / "i"
    pathlib.Path(asked.index).write_bytes(b"x")
    with pytest.raises(ValueError, match="a folder of its own"):
        opened_library.own_place(asked)


def test_what_another_process_makes_is_not_asked_with_another_model(tmp_path):
    asked = argparse.Namespace(library=str(tmp_path), index=None, model="m")
    encoder = argparse.Namespace(
        space="model b", dim=drawn_index.DIM, tag_names=drawn_index.TAGS
    )
    fail = failures.Failures("not searched")
    place = tmp_path / opened_library.FOLDER_NAME
    with writer.opened(place, drawn_index.begun()) as index:
        with (
            pytest.raises(ValueError, match="must be of the model"),
            opened_library.of_folder(asked, encoder, fail),
        ):
            pass
        encoder.space = drawn_index.MODEL
        with (
            pytest.raises(writer.Locked, match="Another process changes"),
            opened_library.of_folder(asked, encoder, fail),
        ):
            pass
        index.change([(drawn_index.recording(0), ROWS[0])])
        with opened_library.of_folder(asked, encoder, fail) as found:
            assert len(found) == 1
