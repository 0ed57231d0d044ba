import collections
import os
import pickle
import shutil
import subprocess
import sys
import time

import numpy as np
import odd_names
import pytest
import soundfile

from pipelines import manifest
from pipelines.prepare import command, flags
from tftag import audio
from tftag.cli import command_line

pytestmark = pytest.mark.usefixtures("converted_here")
COUNT = 20
FORMATS = ("wav", "flac", "mp3", "ogg")


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Tones in four formats, and a few files that are no good."""
    folder = tmp_path_factory.mktemp("collection")
    lines = ["path,tags,artist"]
    for i in range(COUNT):
        name = f"disc {i % 3}/song {i}.{FORMATS[i % 4]}"
        (folder / name).parent.mkdir(exist_ok=True)
        rate_hz = (44_100, 22_050, 16_000)[i % 3]
        seconds = np.arange(rate_hz * 2) / rate_hz
        tone = 0.2 * np.sin(2 * np.pi * (200 + 30 * i) * seconds)
        soundfile.write(folder / name, tone, rate_hz)
        mood = ("Calm", "Mood---Loud", "calm|loud")[i % 3]
        lines.append(f"{name},{mood}|all,Artist {i // 2}")
    soundfile.write(folder / "silent.wav", np.zeros(99), 8_000)
    lines.append("silent.wav,calm,Artist 0")
    lines.append("gone.wav,calm,Artist 0")
    (folder / "extra.mp3").write_bytes(b"?")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    return folder


def run(*arguments):
    return command_line.run(command.main, [str(a) for a in arguments])


def start(*arguments, before=()):
    return subprocess.Popen(
        [
            *(*before, sys.executable, "-m", "pipelines.prepare"),
            *map(str, arguments),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def written(folder):
    names = ("manifest.csv", "manifest.json", "rejected.csv")
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def prepared(collection, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "prepared"
    table = collection / "tags.csv"
    assert run("--table", table, "--out", out, "--processes", 1) == 0
    return out


def test_a_folder_and_a_table(collection, prepared):
    made = manifest.read_manifest(prepared)
    assert len(made.tracks) == COUNT
    assert made.vocabulary.names == ("all", "calm", "loud")
    assert made.split_counts == {"train": 16, "validation": 2, "test": 2}
    for i, track in enumerate(made.tracks):
        name = f"disc {i % 3}/song {i}.{FORMATS[i % 4]}"
        expected = audio.decode_file(collection / name, 16_000)
        found = audio.decode_file(made.wav_path(track), 16_000)
        np.testing.assert_array_equal(found.samples, expected.samples)
        assert track.peak == expected.peak
    assert (prepared / "rejected.csv").read_text().splitlines()[1:] == [
        "gone.wav,missing,",
        "extra.mp3,not listed,",
        "silent.wav,silent,All samples are zero.",
    ]


def test_a_killed_preparation_goes_on(collection, prepared, tmp_path):
    arguments = ("--table", collection / "tags.csv", "--out", tmp_path / "out")
    wavs = tmp_path / "out" / "wav"
    for _ in range(5):  # on a busy machine the kill may come too late
        process = start(*arguments, "--processes", 2)
        while not wavs.exists() or len(list(wavs.glob("[!.]*"))) < 3:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        done = {f: f.stat().st_mtime_ns for f in wavs.glob("[!.]*")}
        if len(done) < COUNT:
            break
        shutil.rmtree(tmp_path / "out")
    assert len(done) < COUNT
    assert not (tmp_path / "out" / "manifest.csv").exists()

    process = start(*arguments, "--processes", 3)
    said, complaints = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in complaints
    assert said.splitlines()[0].startswith(f"{COUNT} recordings, 40.0 s,")
    assert {f: f.stat().st_mtime_ns for f in done} == done
    assert written(tmp_path / "out") == written(prepared)
    for wav in wavs.iterdir():
        assert wav.read_bytes() == (prepared / "wav" / wav.name).read_bytes()


def test_wishes_arrive(collection, tmp_path, capsys):
    (tmp_path / "list.txt").write_text("loud\nCALM\n\n")
    status = run(
        *("--table", collection / "tags.csv", "--out", tmp_path / "out"),
        *("--tags", tmp_path / "list.txt", "--split", "14/6", "--seed", 3),
        *("--sample-rate-hz", 8_000, "--processes", 2),
    )
    assert status == 0
    made = manifest.read_manifest(tmp_path / "out")
    assert made.sample_rate_hz == 8_000
    assert made.vocabulary.names == ("loud", "calm")
    assert made.split_counts == {"train": 14, "validation": 6}
    out = capsys.readouterr().out
    assert "14 train, 6 validation, by artist, seed 3; every tag" in out
    assert "run_baseline --data" in out


def test_the_pickles_of_the_reference_experiment(collection, tmp_path):
    names = [f"disc {i % 3}/song {i}.{FORMATS[i % 4]}" for i in range(COUNT)]
    mapping = {name: ["rock", "slow"][i % 2 :] for i, name in enumerate(names)}
    for name, content in [
        ("data_mapping.pkl", mapping),
        ("train_ids.pkl", names[:14]),
        ("val_ids.pkl", names[14:18]),  # and two discarded
    ]:
        (tmp_path / name).write_bytes(pickle.dumps(content))
    status = run(
        *("--pickles", tmp_path, "--audio", collection),
        *("--out", tmp_path / "out", "--processes", 1),
    )
    assert status == 0
    made = manifest.read_manifest(tmp_path / "out")
    assert made.split_counts == {"train": 14, "validation": 4}
    assert made.audit["artists"] == "unknown"
    assert made.audit["splits"] == "as given"
    rejected = (tmp_path / "out" / "rejected.csv").read_text()
    assert rejected.count("in no split") == 2


def test_the_artist_split_has_the_sizes_of_the_published_one():
    def weights(*given):
        asked = ["--magnatagatune", "x", "--out", "y", *given]
        return command.make_options(*flags.parse(asked, "")).split_weights

    assert weights() is None
    assert weights("--subset", "artist") == (18_706, 1_825, 5_329)
    assert weights("--subset", "artist", "--split", "8/2") == (8, 2)


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("--table x --out y", False),
        ("--table x --out y --accept-leak", True),
        ("--pickles x --out y", True),
        ("--gtzan x --out y", True),
    ],
)
def test_a_published_split_is_kept_with_its_leak(text, accepted):
    options = command.make_options(*flags.parse(text.split(), ""))
    assert options.accept_leak == accepted


@pytest.mark.parametrize(
    "change, words",
    [
        ({"--table": "none.csv"}, "none.csv"),
        ({"--audio": "nowhere"}, "nowhere"),
        ({"--tags": "none.txt"}, "No such file"),
        ({"--out": "{folder}"}, "--out"),
        ({"--out": "{folder}/tags.csv"}, "--out must be a folder"),
        ({"--processes": "0"}, "processes"),
        ({"--split": "0/1"}, "parts of a split"),
        ({"--max-rejected-share": "0.05"}, "2 of 22 recordings"),
        ({"--top": "0"}, "top"),
        ({"--seed": "-1"}, "seed"),
        ({"--seconds-per-file": "nan"}, "seconds_per_file"),
        ({"--tags": "{folder}/silent.wav"}, "must be a text file in UTF-8"),
    ],
)
def test_bad_input_is_one_line(collection, tmp_path, capsys, change, words):
    wishes = {
        "--table": collection / "tags.csv",
        "--out": tmp_path / "out",
        "--processes": 1,
    }
    for flag, value in change.items():
        wishes[flag] = value.format(folder=collection)
    assert run(*(part for pair in wishes.items() for part in pair)) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert words in error


@pytest.mark.parametrize("flags", [(), ("--in-place",)])
def test_a_persons_only_copies_are_never_written_over(tmp_path, flags, capsys):
    (tmp_path / "wav").mkdir()
    for name in ("a", "b"):
        soundfile.write(
            tmp_path / "wav" / f"{name}.wav", np.ones((99, 2)) / 3, 44_100
        )
    rows = "path,tags\na.wav,calm\nb.wav,loud\n"
    for name in ("tags.csv", "manifest.csv"):
        (tmp_path / name).write_text(rows)
    before = {f: f.read_bytes() for f in tmp_path.rglob("*.*")}
    audio_and_out = ("--audio", tmp_path / "wav", "--out", tmp_path)
    assert run("--table", tmp_path / "tags.csv", *audio_and_out, *flags) == 2
    assert "its own wav there" in capsys.readouterr().err
    table = tmp_path / "manifest.csv"
    assert run("--table", table, *audio_and_out, *flags) == 2
    assert "its own manifest.csv there" in capsys.readouterr().err
    assert {f: f.read_bytes() for f in tmp_path.rglob("*.*")} == before


def test_a_disk_without_room_ends_with_one_line(collection, tmp_path):
    process = start(
        *("--table", collection / "tags.csv", "--out", tmp_path / "out"),
        before=("sh", "-c", 'ulimit -f 40; exec "$@"', "sh"),
    )
    said, complaints = process.communicate()
    assert process.returncode == 2
    assert not said
    assert complaints.splitlines()[-1].startswith("error: File too large")
    assert "Traceback" not in complaints
    kinds = collections.Counter(
        f.suffix for f in (tmp_path / "out").rglob("*") if f.is_file()
    )
    assert not kinds[".part"] and not kinds[".wav"]


@pytest.mark.parametrize("name", odd_names.ODD_NAMES)
def test_any_name_is_read_and_written(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    table = folder / f"{name}.csv"
    lines = ["path,tags,artist"]
    for number in range(6):
        tone = np.sin(np.arange(9_000) * (0.1 + number / 50))
        soundfile.write(folder / f"{number} [mix].wav", tone / 2, 8_000)
        lines.append(f"{number} [mix].wav,calm|loud,artist {number}")
    table.write_text("\n".join(lines) + "\n")
    out = folder / f"{name}.out"
    places = ("--table", table, "--audio", folder, f"--out={out}")
    assert run(*places, "--processes", 1) == 0
    assert len(manifest.read_manifest(out).tracks) == 6


def make_pipe(_, path):
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        *((os.symlink, n) for n in ("rejected.csv", "manifest.csv")),
        *((os.symlink, n) for n in ("manifest.json", "wav", "wav/a.wav")),
        *((os.symlink, n) for n in ("progress.jsonl", ".progress.jsonl.lock")),
        *((make_pipe, n) for n in ("progress.jsonl", ".progress.jsonl.lock")),
    ],
)
def test_nothing_is_written_through_what_was_planted(tmp_path, plant, name):
    music, out = tmp_path / "music", tmp_path / "out"
    music.mkdir()
    (out / name).parent.mkdir(parents=True)
    for each in "abcd":
        soundfile.write(music / f"{each}.wav", np.sin(np.arange(999)), 8_000)
    table = music / "tags.csv"
    table.write_text("path,tags\n" + "".join(f"{e}.wav,x\n" for e in "abcd"))
    precious = tmp_path / "precious"
    precious.write_text("mine")
    plant(precious, out / name)
    places = ("--table", table, "--audio", music, "--out", out)
    assert run(*places, "--processes", 1, "--accept-leak") in (0, 2)
    assert precious.read_text() == "mine"
