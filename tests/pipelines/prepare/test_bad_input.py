"""Odd and damaged files: used, or refused with a reason; no neighbour lost."""

import collections
import csv
import json
import os

import damaged_audio
import ffmpeg_files
import numpy as np
import odd_audio
import pytest

from pipelines import manifest
from pipelines.prepare import command
from pipelines.prepare.wav_conversion import convert
from tftag import audio
from tftag.cli import command_line

RATE_HZ = odd_audio.RATE_HZ
REASONS = {"too long", "unreadable", "unsupported", "empty", "silent"}
GOOD_FORMATS = ("wav", "flac", "mp3", "ogg", "aiff")
ODD = odd_audio.usable() | odd_audio.unusable() | odd_audio.for_ffmpeg()


def expected(odd, with_ffmpeg):
    return (with_ffmpeg and odd.by_ffmpeg) or odd.expected


def write_good(folder, count):
    """Tones of different pitch and format; returns their paths."""
    folder.mkdir(exist_ok=True)
    paths = []
    for i in range(count):
        kind = GOOD_FORMATS[i % len(GOOD_FORMATS)]
        x = 0.3 * np.sin(np.arange(8_000) * (i + 1) / 30)
        path = folder / f"good{i}.{kind}"
        path.write_bytes(
            odd_audio.encoded(x, 22_050, "OGG" if kind == "ogg" else kind)
        )
        paths.append(path)
    return paths


def as_wav(path, folder):
    """What a prepared file must hold: read and written without a pool."""
    target = folder / "expected.wav"
    audio.write_wav(target, audio.decode_file(path, RATE_HZ).samples, RATE_HZ)
    return target.read_bytes()


@pytest.mark.parametrize("with_ffmpeg", [False, True])
def test_each_odd_file_is_used_or_refused(tmp_path, monkeypatch, with_ffmpeg):
    if not with_ffmpeg:
        ffmpeg_files.uninstall(tmp_path / "bin", monkeypatch)
    outcomes = {}
    for name, odd in ODD.items():
        path = tmp_path / name
        path.write_bytes(odd.data)
        try:
            recording = audio.decode_file(path, RATE_HZ)
        except audio.UnusableAudio as error:
            outcomes[name] = error.reason
            assert str(error).startswith(f"{path}: ")
            continue
        outcomes[name] = odd_audio.USED
        seconds = recording.samples.size / RATE_HZ
        assert seconds == pytest.approx(odd.seconds, abs=0.03), name
        assert np.abs(recording.samples.astype(int)).max() == audio.FULL_SCALE
    assert outcomes == {n: expected(o, with_ffmpeg) for n, o in ODD.items()}


def add_odd_names(folder):
    """Files of odd names and kinds; returns {name: outcome}."""
    data = odd_audio.encoded(odd_audio.tone())
    names = ["two\nlines.wav", "sp  aces.wav", "-rf.wav", 'quote".wav']
    names += ["bytes\udcff.wav", "\u202egnihton.wav", "x" * 200 + ".wav"]
    names += ["locked.wav"]
    for name in names:
        with open(os.fsencode(folder) + b"/" + os.fsencode(name), "wb") as file:
            file.write(data)
    outcomes = dict.fromkeys(names, odd_audio.USED)
    (folder / "locked.wav").chmod(0)
    if not os.access(folder / "locked.wav", os.R_OK):  # root reads it
        outcomes["locked.wav"] = "unreadable"
    (folder / "loop.wav").symlink_to("pool.wav")
    (folder / "pool.wav").symlink_to("loop.wav")
    (folder / "nowhere.wav").symlink_to("gone.wav")
    (folder / "linked.wav").symlink_to("good0.wav")
    (folder / "folder.wav").mkdir()
    (folder / "again").symlink_to(".")
    os.mkfifo(folder / "pipe.wav")
    for name in ("loop.wav", "pool.wav", "nowhere.wav", "folder.wav"):
        outcomes[name] = "missing"
    outcomes["pipe.wav"] = "missing"
    return outcomes | {"linked.wav": odd_audio.USED}


def test_the_command_keeps_all_good_neighbours(tmp_path, capsys):
    folder = tmp_path / "music"
    good = write_good(folder, 12)
    outcomes = add_odd_names(folder)
    for name, odd in ODD.items():
        (folder / name).write_bytes(odd.data)
        outcomes[name] = expected(odd, with_ffmpeg=True)
    outcomes |= {path.name: odd_audio.USED for path in good}
    rows = [{"path": name, "tags": ["a"]} for name in outcomes]
    (tmp_path / "table.jsonl").write_text("\n".join(map(json.dumps, rows)))
    arguments = ["--table", tmp_path / "table.jsonl", "--audio", folder]
    arguments += ["--out", tmp_path / "out", "--sample-rate-hz", RATE_HZ]
    arguments += ["--max-rejected-share", 0.9, "--seconds-per-file", 60]
    arguments += ["--processes", 2, "--accept-leak"]
    assert command_line.run(command.main, [str(a) for a in arguments]) == 0
    # The table's names come back as they were, whatever bytes are in them.
    with open(
        tmp_path / "out" / "rejected.csv", newline="", errors="surrogateescape"
    ) as file:
        refused = {r["name"]: r["reason"] for r in csv.DictReader(file)}
    assert refused == {
        name: reason
        for name, reason in outcomes.items()
        if reason != odd_audio.USED
    }
    made = manifest.read_manifest(tmp_path / "out")
    assert len(made.tracks) == len(outcomes) - len(refused)
    assert ", ffmpeg " in made.source["made_by"]
    wavs = {track.track_id: made.wav_path(track) for track in made.tracks}
    for path in good:
        prepared = wavs[path.stem].read_bytes()
        assert prepared == as_wav(path, tmp_path), path
    assert f"{len(made.tracks)} recordings" in capsys.readouterr().out


def converted(files, folder, neighbours):
    """Puts files through the pool, good ones between; returns answers."""
    good = write_good(folder / "good", neighbours)
    waiting = list(good)
    sources = {}
    for place, (name, data) in enumerate(files.items()):
        if place % (len(files) // neighbours) == 0 and waiting:
            path = waiting.pop()
            sources[path.name] = path
        sources[name] = folder / name
        sources[name].write_bytes(data)
    answers = convert.convert_files(
        sources, folder / "out", RATE_HZ, processes=2, seconds_per_file=60.0
    )
    for path in good:
        wav = folder / "out" / "wav" / f"{path.name}.wav"
        assert wav.read_bytes() == as_wav(path, folder), path
    for name in files:
        answer = answers[name]
        if "reason" in answer:
            assert answer["reason"] in REASONS, (name, answer)
            assert answer["final"], (name, answer)  # no decoder crashed
            continue
        wav = folder / "out" / "wav" / f"{name}.wav"
        samples = np.fromfile(wav, "<i2", offset=44).astype(int)
        assert samples.size == answer["samples"] > 0
        assert np.abs(samples).max() == audio.FULL_SCALE
        assert 0 < answer["peak"] < np.inf
    return {name: answers[name] for name in files}


@pytest.mark.slow
def test_cut_at_every_boundary(tmp_path):
    cut = {}
    for name, data in damaged_audio.whole(tmp_path, 3.0).items():
        places = {*damaged_audio.boundaries(name, data), len(data)}
        for place in sorted(places):
            cut[f"{place:06d}.{name}"] = data[:place]
    answers = converted(cut, tmp_path, neighbours=10)
    lengths = collections.defaultdict(list)
    for name, answer in answers.items():
        lengths[name.split(".", 1)[1]].append(answer.get("samples", 0))
    for name, found in lengths.items():
        # More bytes never give less; nothing at first, all at the end.
        assert len(found) > 4, name
        assert found[0] == 0
        assert found[-1] == pytest.approx(3 * RATE_HZ, rel=0.1), name
        if not name.endswith(("flac", "opus")):
            assert found == sorted(found), name


def mutate(folder, seeds, capsys):
    """Decodes mutated files of every format and says how many they were."""
    whole = damaged_audio.whole(folder)
    files = {
        f"{seed:04d}.{name}": damaged_audio.mutated(data, seed)
        for seed in range(seeds)
        for name, data in whole.items()
    }
    answers = converted(files, folder, neighbours=20)
    counts = collections.Counter(
        answer.get("reason", odd_audio.USED) for answer in answers.values()
    )
    with capsys.disabled():
        outcomes = ", ".join(f"{n} {why}" for why, n in counts.most_common())
        print(f"\n{len(answers)} mutated files: {outcomes}")
    for kind in whole:
        used = [
            "reason" not in answer
            for name, answer in answers.items()
            if name.endswith(kind)
        ]
        assert 0 < sum(used) < len(used), kind
    return len(answers)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_thousands_of_mutated_files(tmp_path, capsys):
    assert mutate(tmp_path, 300, capsys) >= 2_000
