"""`tftag tag --out`: goes on after whatever ends it, and what else it does."""

import csv
import os
import shlex
import subprocess
import sys
import time

import odd_audio
import pytest
import tftag_command
import tiny_tagger

from tftag.audio import audio_files
from tftag.cli import chosen_model
from tftag.cli.tag import tag_output
from tftag.cli.tag.embedded_tags import file_tags
from tftag.inference import saved_dual_encoder, saved_tagger

RATE = tiny_tagger.SPEC.sample_rate_hz
SONGS = 6
ALL = [f"{seed}.flac" for seed in range(SONGS)]


@pytest.fixture
def model(tagger_folder):
    return str(tagger_folder.parent)


@pytest.fixture(autouse=True)
def one_process(request):
    if "kill" not in request.node.name:
        request.getfixturevalue("in_this_process")


@pytest.fixture
def songs(tmp_path):
    return tiny_tagger.write_songs(tmp_path / "songs", ALL, RATE // 4)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "tags.csv"


def run(*argv):
    return tftag_command.run("tag", *argv)


def paths(out):
    """The recordings of a file of rows, each once."""
    with open(out, newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [(row["path"], row["tag"]) for row in rows]
    assert len(set(cells)) == len(cells)
    return list(dict.fromkeys(os.path.basename(row["path"]) for row in rows))


@pytest.fixture
def tagged(monkeypatch):
    """Names of the files that the model was asked of."""
    seen = []
    whole = audio_files.decoded

    def decoded(paths, rate_hz, fail):
        for path, samples in whole(paths, rate_hz, fail):
            seen.append(path.name)
            yield path, samples

    monkeypatch.setattr(audio_files, "decoded", decoded)
    return seen


def test_only_new_and_changed_files_are_tagged_again(model, songs, out, tagged):
    assert run(model, songs, "--out", out) == 0
    assert tagged == paths(out) == ALL
    first = out.read_bytes()
    assert run(model, songs, "--out", out) == 0
    assert tagged == ALL and out.read_bytes() == first
    os.utime(songs / "2.flac", ns=(1, 1))
    (songs / "4.flac").unlink()
    (songs / "3.flac").rename(songs / "9.flac")
    assert run(model, songs, "--out", out) == 0
    assert tagged[SONGS:] == ["2.flac", "9.flac"]
    assert paths(out) == [f"{seed}.flac" for seed in (0, 1, 2, 5, 9)]


def test_rows_are_those_of_a_run_without_a_journal(model, songs, out, capsys):
    for form, option in (
        *(("csv", "--all"), ("jsonl", "--timeline"), ("table", "--threshold")),
    ):
        words = (model, songs, option, "--format", form)
        assert run(*words) == 0
        printed = capsys.readouterr().out
        assert run(*words, "--out", out) == 0
        assert out.read_text() == printed


def test_another_question_or_model_begins_anew(
    model, songs, out, tagged, monkeypatch
):
    run(model, songs, "--out", out)
    run(model, songs, "--out", out, "--top", "2")
    assert tagged == 2 * ALL
    monkeypatch.setattr(
        tag_output.version_folder, "fingerprint", lambda folder: "another"
    )
    run(model, songs, "--out", out, "--top", "2")
    assert tagged == 3 * ALL


@pytest.mark.parametrize(
    "tags", [(), pytest.param(("rock, piano",), marks=pytest.mark.slow)]
)
def test_no_network_is_loaded_where_nothing_is_new(
    model, songs, out, monkeypatch, encoder_folder, tags
):
    opened = []

    def opening(kind):
        def open_model(path, is_for_few, opens_later):
            opened.append(kind(path, opens_later=opens_later))
            return opened[-1]

        return open_model

    monkeypatch.setattr(
        chosen_model, "open_tagger", opening(saved_tagger.SavedTagger)
    )
    monkeypatch.setattr(
        chosen_model,
        "open_dual_encoder",
        opening(saved_dual_encoder.SavedDualEncoder),
    )
    words = ("--model", model, songs, "--out", out)
    if tags:
        words += ("--model", encoder_folder, "--tags", *tags)
    for _ in range(2):
        assert run(*words) == 0
    os.utime(songs / "2.flac", ns=(1, 1))
    assert run(*words) == 0
    (songs / "bad.wav").write_bytes(b"no audio")
    assert run(*words) == 1  # it is tried again
    (songs / "bad.wav").unlink()
    assert paths(out) == ALL
    loaded = ["_runtime" in vars(one) for one in opened]
    assert loaded == [True, False, True, False]


def test_a_model_that_is_damaged_takes_no_other_journals_place(
    model, songs, out, tagger, monkeypatch, capsys
):
    def damaged():
        raise ValueError("The SavedModel is damaged.")

    run(model, songs, "--out", out)
    journal = out.with_name("tags.csv.journal")
    before = journal.read_bytes(), out.read_bytes()
    monkeypatch.setattr(tagger, "load", damaged)
    assert run(model, songs, "--out", out, "--top", "2") == 2
    assert "is damaged" in capsys.readouterr().err
    assert (journal.read_bytes(), out.read_bytes()) == before


def test_an_interrupt_loses_nothing(model, songs, out, capsys, monkeypatch):
    out.write_text("rows of before")
    whole = audio_files.decoded

    def interrupted(paths, rate_hz, fail):
        for number, found in enumerate(whole(paths, rate_hz, fail)):
            if number == 5:
                raise KeyboardInterrupt
            yield found

    with monkeypatch.context() as patched:
        patched.setattr(audio_files, "decoded", interrupted)
        assert run(model, songs, "--out", out) == 130
    err = capsys.readouterr().err
    assert f"of {SONGS} files are done" in err and "to go on: " in err
    assert out.read_text() == "rows of before"
    assert run(model, songs, "--out", out) == 0
    assert paths(out) == ALL


@pytest.mark.slow
def test_kill_at_any_moment_loses_nothing(model, songs, out, monkeypatch):
    """By processes of their own, as a person starts them."""
    # A level that is set is a wish to see what TensorFlow says.
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    command = [sys.executable, "-m", "tftag", "tag", model, songs]
    command += ["--out", out, "--threads", "1"]
    journal = out.with_name("tags.csv.journal")
    for seed in range(SONGS, 300):
        os.link(songs / f"{seed % SONGS}.flac", songs / f"{seed}.flac")
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") > 20:
            process.kill()
            break
        time.sleep(0.005)
    assert process.wait() == -9
    before = journal.read_bytes()
    before = before[: before.rindex(b"\n") + 1]
    assert not out.exists()
    ended = subprocess.run(command, capture_output=True, check=True)
    assert ended.stderr == b""  # quiet where nobody watches
    assert len(paths(out)) == 300
    # It went on behind what was there.
    assert journal.read_bytes().startswith(before)
    assert journal.read_bytes().count(b"\n") == 301


def test_shards_make_the_whole(model, songs, tmp_path, capsys):
    found = []
    for number in (1, 2):
        out = tmp_path / f"{number}.csv"
        run(model, songs, "--out", out, "--shard", f"{number}/2")
        found += paths(out) if out.exists() else []
    assert sorted(found) == ALL
    assert run(model, songs, "--out", out, "--shard", "1/2") == 2
    assert "its own for each shard" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(model, songs, "--shard", "3/2")
    assert "1 <= I <= N" in capsys.readouterr().err


def test_bad_files_are_a_line_each_and_the_others_done(
    model, songs, out, capsys
):
    bad = odd_audio.unusable()
    bad = [name for name in bad if not name.endswith("html")][::4]
    for name in bad:
        (songs / name).write_bytes(odd_audio.unusable()[name].data)
    for _ in range(2):
        assert run(model, songs, songs / "none.wav", "--out", out) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == len(bad) + 1
        assert all(line.startswith("not tagged: ") for line in lines)
        assert paths(out) == ALL


def test_who_watches_is_told_how_many_files_are_tagged(
    model, songs, out, capsys, monkeypatch
):
    assert run(model, songs, "--out", out) == 0
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(model, songs, "--out", out) == 0
    said = capsys.readouterr().err
    assert said.endswith(f"{len(ALL)} files are tagged in {out}\n")


def test_a_file_that_changes_meanwhile_is_named(
    model, songs, out, capsys, monkeypatch
):
    whole = audio_files.decoded

    def decoded(paths, rate_hz, fail):
        for path, samples in whole(paths, rate_hz, fail):
            if path.name == "1.flac":
                os.utime(path, ns=(1, 1))
            yield path, samples

    with monkeypatch.context() as patched:
        patched.setattr(audio_files, "decoded", decoded)
        assert run(model, songs, "--out", out) == 1
    assert "1.flac: It changed after" in capsys.readouterr().err
    assert run(model, songs, "--out", out) == 0
    assert paths(out) == ALL


@pytest.fixture
def fields(tmp_path):
    """A table that has all tags of the tiny tagger."""
    path = tmp_path / "fields.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["tag", "field", "value"])
        for number, name in enumerate(tiny_tagger.NAMES):
            field = file_tags.FIELDS[number % 2]
            rows.writerow([name, field, name.title()])
    return path


def test_tags_go_into_the_files_and_out_again(
    model, songs, out, fields, tmp_path, capsys, tagged
):
    undo = tmp_path / "undo.jsonl"
    before = {p.name: file_tags.read(p) for p in songs.iterdir()}
    file_tags.write(songs / "0.flac", {"genre": ["Mine"]})
    times = {p.name: os.stat(p).st_mtime_ns for p in songs.iterdir()}
    command = [model, songs, "--all", "--out", out, "--fields", fields]
    command += ["--write-tags", undo]
    assert run(*command, "--dry-run") == 0
    *said, last = capsys.readouterr().err.splitlines()
    assert said and all(line.startswith("would write ") for line in said)
    assert f" {len(said)} files would be changed" in last
    assert not undo.exists()
    assert file_tags.read(songs / "1.flac") == before["1.flac"]
    assert run(*command) == 0
    assert capsys.readouterr().err == (
        f"written into {len(said)} files; to put back what was there: tftag "
        f"tag --undo {shlex.quote(str(undo))}\n"
    )
    with open(out, newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ALL:
        given = [
            row["tag"]
            for row in rows
            if row["path"].endswith(name) and row["above_threshold"] == "1"
        ]
        expected = {"genre": [], "mood": []}
        for tag in given:
            number = tiny_tagger.NAMES.index(tag)
            expected[file_tags.FIELDS[number % 2]].append(tag.title())
        if name == "0.flac":
            expected["genre"] = ["Mine"]
        assert file_tags.read(songs / name) == expected
        assert os.stat(songs / name).st_mtime_ns == times[name]
    # A file whose tags were written is no other recording.
    assert tagged == ALL
    assert run(*command) == 0
    assert tagged == ALL
    assert run("--undo", undo) == 0
    for name in ALL[1:]:
        assert file_tags.read(songs / name) == before[name]
    assert file_tags.read(songs / "0.flac")["genre"] == ["Mine"]


def test_a_playlist_has_the_files_of_a_tag(model, songs, tmp_path, capsys):
    lists = tmp_path / "lists"
    options = ["--threshold", "--format", "csv", "--m3u", lists]
    assert run(model, songs, *options) == 0
    rows = capsys.readouterr().out.splitlines()
    expected = {}
    for row in csv.DictReader(rows):
        if row["tag"]:
            name = row["tag"].replace("/", "_") + ".m3u8"
            expected.setdefault(name, []).append(row["path"])
    assert sorted(os.listdir(lists)) == sorted(expected)
    for name, songs_of_it in expected.items():
        lines = (lists / name).read_text().splitlines()
        assert [x for x in lines if not x.startswith("#")] == songs_of_it


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--write-tags", "u", "--timeline"], "leave out --tags"),
        (["--m3u", "lists", "--tags", "jazz"], "leave out --tags"),
    ],
)
def test_what_does_not_go_together_is_refused(
    model, songs, capsys, options, message
):
    assert run(model, songs, *options) == 2
    assert message in capsys.readouterr().err


def test_of_many_threads_those_that_can_run_are_started(monkeypatch):
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "")
    tag_output.limit_threads(99_999)
    assert 1 <= int(os.environ["TF_NUM_INTRAOP_THREADS"]) <= os.cpu_count()


def test_nothing_to_tag_is_said(capsys):
    assert run() == 2
    assert "at least one file" in capsys.readouterr().err
