"""The whole pipeline on the direct runner, in the environment of Beam.

`make test-catalogue` makes it; in others Apache Beam is not installed.
"""

import json
import re
import threading

import numpy as np
import pytest

pytest.importorskip(
    "apache_beam", reason="Apache Beam is in an environment of its own"
)

import tiny_tagger  # noqa: E402

from pipelines.catalogue import command, engine  # noqa: E402
from tftag import audio  # noqa: E402
from tftag.cli import chosen_model, command_line  # noqa: E402
from tftag.cli import main as main_module  # noqa: E402
from tftag.inference import saved_dual_encoder, saved_tagger  # noqa: E402
from tftag.search import library_index, query  # noqa: E402
from tftag.search.index import catalogue_parts, filters

FILES = 7


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Seven recordings, and a bad file among those of each shard."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(FILES):
        made = audio.to_full_scale(
            tiny_tagger.music(3_000 + 500 * number, number)
        )
        audio.write_wav(folder / f"{number}.wav", made.samples, 8_000)
    for number in (0, 3, 6):
        (folder / f"{number} bad.mp3").write_bytes(b"no audio at all" * 100)
    return folder


def call(music, output, model, *more):
    line = ["--input", music, "--output", output, "--model", model]
    line += ["--files-per-shard", "6", "--processes", "2", *more]
    return command_line.run(command.main, list(map(str, line)))


def everything(output):
    for key in catalogue_parts.finished(output):
        yield from catalogue_parts.read(output, key)


@pytest.fixture(scope="module")
def described(music, encoder_folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("catalogue") / "out"
    assert call(music, output, encoder_folder) == 1  # there are bad files
    return output


def test_every_file_is_described_once_or_rejected_with_its_reason(
    music, described
):
    names = [one.recording.name for one in everything(described)]
    assert sorted(names) == [f"{number}.wav" for number in range(FILES)]
    rejected = [
        json.loads(line)
        for path in (described / catalogue_parts.REJECTED).iterdir()
        for line in path.read_text().splitlines()
    ]
    assert sorted(one["name"] for one in rejected) == [
        f"{number} bad.mp3" for number in (0, 3, 6)
    ]
    assert all(one["reason"] for one in rejected)
    assert len(list((described / catalogue_parts.DESCRIBED).iterdir())) > 1


def test_answers_are_those_of_the_model(music, described, encoder_folder):
    encoder = saved_dual_encoder.SavedDualEncoder(encoder_folder)
    for one in everything(described):
        recording = one.recording
        path = music / recording.name
        vector = encoder.embed_file(path)
        np.testing.assert_allclose(one.vector, vector, atol=1e-3)
        calibrated = encoder.tag_file(path).calibrated
        given = np.flatnonzero(calibrated >= encoder.thresholds)
        assert recording.tags == tuple(encoder.tag_names[at] for at in given)
        assert recording.size_bytes == path.stat().st_size
        assert recording.seconds == pytest.approx(
            (3_000 + 500 * int(path.stem)) / 8_000, abs=1e-3
        )


def test_what_is_finished_is_not_done_again(
    music, described, encoder_folder, capsys
):
    parts = list(described.rglob("*.*"))
    before = {path: path.stat().st_mtime_ns for path in parts}
    assert call(music, described, encoder_folder) == 0
    said = capsys.readouterr().out
    assert re.search(r"in (\d+) shards, \1 done before", said)
    assert {path: path.stat().st_mtime_ns for path in parts} == before


def test_only_a_lost_part_is_done_again(music, described, encoder_folder):
    lost = min((described / catalogue_parts.REJECTED).iterdir())
    kept = {
        path: path.stat().st_mtime_ns
        for path in described.rglob("*.jsonl")
        if path.name != lost.name
    }
    content = lost.read_bytes()
    lost.unlink()
    call(music, described, encoder_folder)
    assert lost.read_bytes() == content
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_an_index_of_it_answers_as_one_of_the_folder(
    music, described, encoder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        chosen_model, "open_dual_encoder", lambda _, **__: encoder
    )
    heard = tmp_path / "heard"
    taken = tmp_path / "taken"
    for place, more in ((heard, ()), (taken, ("--catalogue", described))):
        line = ("index", music, "--out", place, *more)
        words = list(map(str, (*line, "--model", "musicnn_words")))
        assert command_line.run(main_module.main, words) == 1  # bad files
        said = capsys.readouterr().err
        assert (f"{FILES} of them were described before" in said) == bool(more)
    both = [library_index.LibraryIndex.open(place) for place in (heard, taken)]
    terms = [query.Term("dreamy"), query.Term("vocals", -1)]
    vectors, _ = encoder.embed_texts(["dreamy", "vocals"])
    example = [both[0].vector_of(music / "3.wav")]
    tag = encoder.tag_names[0]
    for where in (
        filters.Filter(),
        filters.Filter(tags=[tag]),
        filters.Filter(without_tags=[tag], seconds=(0.5, None)),
    ):
        for one, other in (
            [index.search(terms, vectors, where=where) for index in both],
            [index.similar(example, where=where) for index in both],
        ):
            assert [hit.path for hit in one] == [hit.path for hit in other]
            for hit, same in zip(one, other, strict=True):
                assert hit.score == pytest.approx(same.score, abs=0.02)
                assert (hit.tags, hit.key) == (same.tags, same.key)
                assert hit.seconds == pytest.approx(same.seconds, abs=1e-3)


def test_a_tagger_gives_its_likeliest_tags(music, tagger_folder, tmp_path):
    call(music, tmp_path / "out", tagger_folder, "--top", "2")
    tagger = saved_tagger.SavedTagger(tagger_folder)
    out = tmp_path / "out"
    assert not (out / catalogue_parts.VECTORS).exists()
    rows = [
        row
        for key in catalogue_parts.finished(out)
        for row in catalogue_parts.lines(out, key)
    ]
    assert len(rows) == FILES
    for row in rows:
        found = row["probabilities"]
        calibrated = tagger.tag_file(music / row["name"]).calibrated
        best = np.argsort(-calibrated, kind="stable")[:2]
        assert list(found) == [tagger.tag_names[place] for place in best]
        np.testing.assert_allclose(
            list(found.values()), calibrated[best], atol=1e-4
        )


def test_a_worker_that_is_killed_ends_the_run(monkeypatch, capsys):
    """Beam would wait for it for ever."""
    ended, statuses = threading.Event(), []

    def leave(status):
        statuses.append(status)
        ended.set()

    monkeypatch.setattr(engine.os, "_exit", leave)

    def killed():
        raise RuntimeError("Worker subprocess exited with return code 137")

    with engine._ended_with_its_workers(lambda: "what is kept"):
        threading.Thread(target=killed, name="run_worker").start()
        assert ended.wait(10)
    said = capsys.readouterr().err
    assert statuses == [75]
    assert "return code 137" in said and said.endswith("; what is kept\n")


def test_a_model_that_is_not_there_is_refused(music, tmp_path, capsys):
    assert call(music, tmp_path / "out", tmp_path / "no model") == 2
    assert "no model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
