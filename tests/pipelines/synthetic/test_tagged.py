import collections
import hashlib
import json

import numpy as np
import pytest
import soundfile

from pipelines import manifest, splits, synthetic
from pipelines.synthetic import music
from tftag import audio
from tftag.cli import command_line

RATE_HZ = 8_000
# Of the plan, from before other sets were made with its parts.
GOLDEN = "ed04af579602643023360434afea98326c431dabf9b0c729ae805317dd22c05b"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    path = synthetic.make(folder, tracks=12, sample_rate_hz=RATE_HZ)
    return manifest.read_manifest(path)


def labels(plans):
    return np.array(
        [[t in p.tags for t in synthetic.TAGS] for p in plans], float
    )


def hashes(made):
    return [track.audio_hash for track in made.tracks]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_tag_has_its_share_in_each_split(seed):
    plans = synthetic.plan(360, seed)
    counts = collections.Counter(plan.split for plan in plans)
    assert counts == {"train": 240, "validation": 60, "test": 60}
    for split in manifest.SPLITS:
        share = labels([p for p in plans if p.split == split]).mean(axis=0)
        assert np.all(share >= 0.1) and np.all(share <= 0.5)


def test_the_set_stays_what_figures_were_measured_on():
    # Whoever changes the set on purpose counts up its version.
    assert synthetic.VERSION == 1
    rows = [
        (
            *(p.track_id, p.artist.name, p.split, p.tags, p.seed),
            *(f"{x:.6f}" for x in (p.seconds, p.peak, p.artist.cents)),
        )
        for p in synthetic.plan(360, 0)
    ]
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest() == GOLDEN


def test_samples_stay_what_figures_were_measured_on(small):
    # Within what another processor's sine and exponential may round to.
    for track, expected in zip(
        small.tracks,
        (
            (-17749, -7174, 2144, 3418, 3367, 8738, -4010, 5686),
            (1105, -187, -1596, 1258, -328, 1626, 37, -704),
            (116, -32, 105, -84, -10, -87, -143, 97),
        ),
        strict=False,
    ):
        samples, _ = soundfile.read(small.wav_path(track), dtype="int16")
        np.testing.assert_allclose(samples[40_000:40_400:50], expected, atol=3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_tag_can_be_read_off_length_or_level_or_artist(seed):
    plans = synthetic.plan(360, seed)
    table = labels(plans)
    for nuisance in (
        [p.seconds for p in plans],
        np.log([p.peak for p in plans]),
        [p.artist.hiss_db for p in plans],
        [p.artist.tilt_db_per_octave for p in plans],
        [p.artist.room_share for p in plans],
    ):
        joint = np.corrcoef(np.column_stack([table, nuisance]).T)
        # Four standard errors, for 19 tags and 5 nuisances at a time.
        assert np.abs(joint[-1, :-1]).max() < 4 / np.sqrt(360)


def test_tags_of_different_questions_are_independent():
    joint = np.corrcoef(labels(synthetic.plan(360, 0)).T)
    group = {t: i for i, c in enumerate(synthetic.CHOICES) for t in c}
    group |= dict.fromkeys(music.MELODIC, "melodic")
    for i, a in enumerate(synthetic.TAGS):
        for j, b in enumerate(synthetic.TAGS):
            if group[a] != group[b]:
                assert abs(joint[i, j]) < 0.25


def test_artists_and_audio_are_in_one_split_only(small):
    planned_ones = [(p.artist.name, p.split) for p in synthetic.plan(360, 0)]
    for made in (planned_ones, [(t.artist, t.split) for t in small.tracks]):
        splits_of = collections.defaultdict(set)
        for artist, split in made:
            splits_of[artist].add(split)
        assert len(splits_of) == len(made) / (6 if len(made) > 12 else 2)
        assert all(len(found) == 1 for found in splits_of.values())
    assert small.audit == splits.audit(small.tracks)
    assert small.audit["leaks"] is False
    assert small.audit["artists"] == "checked"
    assert len(set(hashes(small))) == len(small.tracks)


def test_files_are_what_the_manifest_says(small):
    assert set(small.split_counts) == set(manifest.SPLITS)
    assert small.vocabulary.names == synthetic.TAGS
    seconds = [track.samples / RATE_HZ for track in small.tracks]
    assert min(seconds) < 30 < max(seconds)
    for track in small.tracks:
        path = small.wav_path(track)
        info = soundfile.info(path)
        assert (info.samplerate, info.channels) == (RATE_HZ, 1)
        decoded = audio.decode_file(path, RATE_HZ).samples
        digest = hashlib.sha256(decoded.tobytes()).hexdigest()
        assert digest == track.audio_hash
        assert np.abs(decoded.astype(int)).max() == audio.FULL_SCALE
        assert decoded.size == track.samples
    assert max(t.peak for t in small.tracks) <= 1
    assert max(t.peak for t in small.tracks) > 3 * min(
        t.peak for t in small.tracks
    )


def test_source_names_licence_and_version(small):
    assert small.source["licence"] == "CC0-1.0"
    assert small.source["version"] == synthetic.VERSION
    assert small.source["seed"] == 0


@pytest.mark.slow
def test_same_bytes_whatever_the_number_of_processes(small, tmp_path):
    path = synthetic.make(
        tmp_path, tracks=12, processes=2, sample_rate_hz=RATE_HZ
    )
    again = manifest.read_manifest(path)
    assert hashes(again) == hashes(small)
    assert again.fingerprint == small.fingerprint
    for name in ("manifest.csv", "manifest.json"):
        assert (tmp_path / name).read_bytes() == (
            small.folder / name
        ).read_bytes()


def test_same_set_is_left_alone_and_another_one_replaces_it(
    tmp_path, quick_render
):
    def times():
        return {p.name: p.stat().st_mtime_ns for p in tmp_path.rglob("*.wav")}

    path = synthetic.make(tmp_path, tracks=13)
    first = times()
    assert synthetic.make(tmp_path, tracks=13) == path
    assert times() == first
    (tmp_path / "audio" / "00003.wav").unlink()
    synthetic.make(tmp_path, tracks=13)
    assert times().keys() == first.keys()
    old = hashes(manifest.read_manifest(path))
    synthetic.make(tmp_path, tracks=12, seed=1)
    assert len(times()) == 12
    assert not set(old) & set(hashes(manifest.read_manifest(path)))


def test_a_folder_of_other_things_is_refused_and_kept(tmp_path):
    song = tmp_path / "audio" / "song.wav"
    song.parent.mkdir()
    song.write_bytes(b"mine")
    with pytest.raises(ValueError, match=r"Choose another.*song\.wav"):
        synthetic.make(tmp_path, tracks=12)
    song.unlink()
    (tmp_path / "manifest.json").write_text('{"source": {"name": "fma"}}')
    with pytest.raises(ValueError, match=r"Choose another.*manifest\.json"):
        synthetic.make(tmp_path, tracks=12)


def test_impossible_numbers_are_refused(tmp_path, capsys):
    with pytest.raises(ValueError, match="Received: 11"):
        synthetic.make(tmp_path, tracks=11)
    with pytest.raises(ValueError, match="Received: -1"):
        synthetic.make(tmp_path, seed=-1)
    with pytest.raises(ValueError, match="Received: 0"):
        synthetic.make(tmp_path, tracks=12, processes=0)
    argv = ["--out", str(tmp_path), "--tracks", "1"]
    assert command_line.run(synthetic.main, argv) == 2
    assert capsys.readouterr().err.startswith("error: `tracks` must be")
