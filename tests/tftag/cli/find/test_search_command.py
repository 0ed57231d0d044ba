import csv
import errno
import io
import json
import os
import pathlib

import numpy as np
import pytest
import slow_ranking
import tftag_command
import tiny_dual_encoder
import tiny_tagger

from tftag.search import query
from tftag.search.index import contents

pytestmark = pytest.mark.usefixtures("encoder_at_hand")
RATE = tiny_dual_encoder.SPEC.sample_rate_hz


@pytest.fixture
def songs(tmp_path):
    names = ("a.wav", "deep/b.flac", "c.wav", "d.ogg")
    return tiny_tagger.write_songs(tmp_path / "songs", names)


def run(*argv):
    return tftag_command.run("search", "model", *argv)


def test_a_folder_is_ranked_as_the_slow_way_does(encoder, songs, capsys):
    text = "dreamy hang drum^2 -vocals"
    assert run(songs, text, "--format", "jsonl") == 0
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    names = ["a.wav", "c.wav", "d.ogg", "deep/b.flac"]
    paths = [str(songs / name) for name in names]
    clips = np.stack([encoder.embed_file(path) for path in paths])
    terms = query.parse(text, encoder.is_known)
    assert [(term.phrase, term.weight) for term in terms] == [
        *(("dreamy", 1.0), ("hang drum", 2.0), ("vocals", -1.0)),
    ]
    vectors, _ = encoder.embed_texts([term.phrase for term in terms])
    weights = np.array([term.weight for term in terms])
    scores = slow_ranking.scores(clips, weights, vectors)
    z_scores = slow_ranking.standardized(scores)
    for rank, (row, place) in enumerate(
        zip(rows, np.argsort(-scores), strict=True), 1
    ):
        assert (row["rank"], row["path"]) == (rank, paths[place])
        assert row["z_score"] == pytest.approx(z_scores[place], abs=1e-3)
        cosines = dict(
            zip(
                ("dreamy", "hang drum", "-vocals"),
                vectors @ clips[place],
                strict=True,
            )
        )
        assert row["cosines"] == pytest.approx(cosines, abs=1e-5)


def test_the_second_search_listens_to_nothing(encoder, songs, capsys):
    assert run(songs, "dreamy", "--top", "2") == 0
    first, err = capsys.readouterr()
    assert err == "embedding 4 of 4 files, new or changed\n"
    assert (songs / ".tftag-index").is_dir()
    assert len(first.split("\n\n")[0].splitlines()) == 3
    assert run(songs, "dreamy", "--top", "2") == 0
    assert capsys.readouterr() == (first, "")
    (songs / "c.wav").unlink()
    assert run(songs, "dreamy", "--format", "csv") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert len(list(csv.DictReader(io.StringIO(out)))) == 3


def test_bad_files_and_unknown_words_are_a_line_at_every_search(
    songs, capsys, tmp_path
):
    (songs / "bad.wav").write_bytes(b"RIFF")
    out = tmp_path / "out.csv"
    options = ("--format", "csv", "--out", out)
    assert run(songs, "handpann dreamy", *options) == 1
    printed, err = capsys.readouterr()
    assert printed == ""
    unknown, embedding, bad = err.splitlines()
    assert unknown.startswith("unknown word 'handpann', left out")
    assert embedding == "embedding 5 of 5 files, new or changed"
    assert bad.startswith("not searched: ") and "bad.wav" in bad
    rows = list(csv.reader(out.read_text("utf-8").splitlines()))
    assert rows[0][:5] == [
        *("rank", "path", "z_score", "percentile", "cosine dreamy"),
    ]
    assert len(rows) == 5
    assert run(songs, "dreamy", *options) == 1
    unchanged, again = capsys.readouterr().err.splitlines()
    assert unchanged.startswith("not tried again, as unchanged: 1 of 5")
    assert again == bad


def test_filters_that_leave_nothing_are_said(songs, capsys):
    assert run(songs, "dreamy", "--artist", "Nobody") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "leave none of 4 recordings" in said.err.splitlines()[-1]


def test_the_index_can_lie_elsewhere(songs, capsys, tmp_path):
    index = tmp_path / "my.index"
    assert run(songs, "dreamy", "--index", index) == 0
    assert index.is_dir()
    assert not (songs / ".tftag-index").exists()
    capsys.readouterr()
    assert run(songs, "jazz", "--index", index) == 0
    assert capsys.readouterr().err == ""
    mounted = songs.rename(tmp_path / "mounted")
    songs.mkdir()
    assert run(songs, "jazz", "--index", index) == 2
    assert "INDEX_OR_FOLDER must hold audio" in capsys.readouterr().err
    songs.rmdir()
    mounted.rename(songs)
    assert run(songs, "jazz", "--index", index) == 0
    assert capsys.readouterr().err == ""


def test_a_folder_that_cannot_be_written_to_is_searched(
    songs, capsys, monkeypatch
):
    mkdir = pathlib.Path.mkdir

    def refused(folder, *options, **named):
        if folder.name == ".tftag-index":
            raise PermissionError(errno.EACCES, "Permission denied", folder)
        mkdir(folder, *options, **named)

    # The rights of a folder do not stop root.
    monkeypatch.setattr(pathlib.Path, "mkdir", refused)
    assert run(songs, "dreamy") == 0
    out, err = capsys.readouterr()
    assert len(out.split("\n\n")[0].splitlines()) == 5
    warning, embedding = err.splitlines()
    assert warning.startswith("the index is not kept")
    assert "--index INDEX" in warning


def test_an_old_index_is_made_again(songs, capsys):
    assert run(songs, "dreamy") == 0
    own = songs / ".tftag-index" / contents.FILE_NAME
    own.write_bytes(b"of another model, say")
    capsys.readouterr()
    assert run(songs, "dreamy") == 0
    first, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith("all files are embedded again: The index is")
    assert run(songs, "dreamy") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((".", "zzqx"), "At least one word"),
        ((".", ""), "must name at least one tag"),
        ((".", "jazz -jazz"), "asked for and turned away"),
    ],
)
def test_bad_input_is_one_line(songs, capsys, monkeypatch, words, message):
    monkeypatch.chdir(songs)
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("error: ") and message in last
    assert not (songs / ".tftag-index").exists()


def test_a_tagger_cannot_search(songs, capsys, tagger_folder):
    argv = ["search", str(tagger_folder), str(songs), "dreamy"]
    assert tftag_command.run(*argv) == 2
    assert "must be a dual encoder" in capsys.readouterr().err


def test_nothing_is_written_through_what_was_planted(songs, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    os.mkfifo(songs / ".tftag-index.npz")  # where an earlier index was
    index = songs / ".tftag-index"
    index.mkdir()
    for name in ("lock", "tftag-index.json.partial"):
        os.symlink(precious, index / name)
    assert run(songs, "dreamy") in (0, 2)
    assert precious.read_text() == "mine"


def test_an_index_behind_a_planted_link_is_left_alone(songs, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / contents.FILE_NAME).write_text("of another model")
    os.symlink(mine, songs / ".tftag-index")
    assert run(songs, "dreamy") == 2
    assert "a link to" in capsys.readouterr().err
    assert (mine / contents.FILE_NAME).read_text() == "of another model"
