import dataclasses
import logging

import numpy as np
import pytest
import tensorflow as tf
import trap_audio

from pipelines import manifest
from pipelines.prepare import command
from pipelines.prepare.wav_conversion import convert_worker
from pipelines.reading import slice_reader, tf_data
from pipelines.reading.slices import tensorflow_io_decoder
from tftag import audio
from tftag.cli import command_line

pytestmark = pytest.mark.usefixtures("converted_here")
SPEC = audio.AudioSpec(clip_seconds=1.0)
RATES_HZ = (44_100, 16_000, 22_050, 48_000)
ARRAY_HZ = 44_100
# Steps of 16 bits: in MP3 and Vorbis the two decoders round differently.
STEPS_APART = 1


def run(*arguments):
    return command_line.run(command.main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Files of every kind, arrays, and two that nobody can use."""
    folder = tmp_path_factory.mktemp("collection")
    lines = ["path,tags"]
    for number, kind in enumerate(trap_audio.FORMATS):
        rate_hz = RATES_HZ[number % 4]
        wave = trap_audio.bursts(3, rate_hz, 1 + number % 3, seed=number)
        if kind == "mp3":  # has no third channel
            wave = wave[:, :2]
        name = f"{number} {kind}.{trap_audio.suffix(kind)}"
        trap_audio.write(folder / name, wave, rate_hz, kind)
        lines.append(f"{name},all|{kind}")
    wave = trap_audio.bursts(3, ARRAY_HZ, seed=99)
    np.save(folder / "planar.npy", wave.T.astype(np.float32))
    np.save(folder / "flat.npy", (20_000 * wave[:, 0]).astype(np.int16))
    np.save(folder / "mel.npy", np.ones((96, 300), np.float32))
    lines += ["planar.npy,all|npy", "flat.npy,all|npy", "mel.npy,all|npy"]
    (folder / "broken.flac").write_bytes(b"fLaC" + bytes(99))
    lines.append("broken.flac,all")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    return folder


def prepared(collection, out, *more):
    arguments = ("--table", collection / "tags.csv", "--out", out)
    arguments += ("--array-rate-hz", ARRAY_HZ, "--split", "8/2")
    arguments += ("--max-rejected-share", 0.5, "--processes", 2)
    assert run(*arguments, *more) == 0
    return manifest.read_manifest(out)


@pytest.fixture(scope="module")
def both(collection, tmp_path_factory):
    """The same collection, converted and in place."""
    top = tmp_path_factory.mktemp("prepared")
    return (
        prepared(collection, top / "converted"),
        prepared(collection, top / "in place", "--in-place"),
    )


def test_a_manifest_in_place_says_the_same_of_the_same_audio(both, collection):
    converted, in_place = both
    assert in_place.fingerprint == converted.fingerprint
    assert len(in_place.tracks) == len(trap_audio.FORMATS) + 2
    for there, here in zip(converted.tracks, in_place.tracks, strict=True):
        where = in_place.wav_path(here)
        assert where.parent == collection
        assert here.file_bytes == where.stat().st_size
        assert here.codec != manifest.PREPARED and here.source_rate_hz
        assert (
            dataclasses.replace(
                there,
                path=here.path,
                data_offset=0,
                file_bytes=here.file_bytes,
                codec=here.codec,
                source_rate_hz=here.source_rate_hz,
                source_frames=here.source_frames,
            )
            == here
        )
    assert not list((in_place.folder / "wav").iterdir())
    rejected = [(made.folder / "rejected.csv").read_bytes() for made in both]
    assert rejected[0] == rejected[1]
    assert rejected[0].count(b"\n") == 3


def decoders():
    made = [None]
    if tensorflow_io_decoder.is_available():
        made.append(tensorflow_io_decoder.TensorflowIoDecoder())
    return made


def reader_of(made, decoder):
    if decoder is None:
        return slice_reader.SliceReader(made, SPEC.clip_samples)
    return slice_reader.SliceReader(made, SPEC.clip_samples, decoder=decoder)


def waveforms(dataset_of):
    found = [batch["waveform"].numpy().astype(int) for batch in dataset_of]
    return np.concatenate(found)


@pytest.mark.parametrize("decoder", decoders())
def test_scoring_and_training_meet_the_same_samples(both, decoder):
    clips, crops = [], []
    for made, chosen in zip(both, (None, decoder), strict=True):
        reader = reader_of(made, chosen)
        clips.append(
            waveforms(
                tf_data.evaluation_dataset(made, SPEC, reader, batch_size=4)
            )
        )
        batches = tf_data.training_dataset(
            made, SPEC, reader, batch_size=5, seed=3, epochs=4
        )
        crops.append(waveforms(inputs for inputs, _ in batches))
        assert not reader.lost
    assert len(clips[0]) == 3 * 10 and len(crops[0]) == 40
    assert np.abs(clips[0] - clips[1]).max() <= STEPS_APART
    assert np.abs(crops[0] - crops[1]).max() <= STEPS_APART
    assert np.abs(crops[0]).max() > 10_000


def test_a_file_that_was_replaced_is_lost_and_named(
    both, collection, tmp_path, caplog
):
    made = prepared(collection, tmp_path / "out", "--in-place")
    copies = []
    for track in made.tracks:
        copy = tmp_path / "out" / made.wav_path(track).name
        copy.write_bytes(made.wav_path(track).read_bytes())
        copies.append(dataclasses.replace(track, path=copy.name))
    made = dataclasses.replace(made, tracks=tuple(copies))
    row = next(i for i, t in enumerate(copies) if t.path.endswith(".mp3"))
    victim = made.wav_path(copies[row])
    victim.write_bytes(victim.read_bytes()[:-1])
    reader = slice_reader.SliceReader(
        made, SPEC.clip_samples, max_lost_share=0.2
    )
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert reader(row, 0)[1] == row + 1
    assert list(reader.lost) == [copies[row].path]
    assert str(victim) in caplog.text
    with reader.plain_errors(), pytest.raises(ValueError, match="mp3"):
        reader.read([row], [0], replace_lost=False)
    with pytest.raises(tf.errors.InvalidArgumentError, match="scored"):
        list(tf_data.evaluation_dataset(made, SPEC, reader, batch_size=4))


def test_a_second_time_decodes_nothing_and_changes_no_byte(
    collection, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    prepared(collection, out, "--in-place")
    before = {p: p.read_bytes() for p in out.glob("manifest.*")}
    with monkeypatch.context() as patch:
        patch.setattr(convert_worker, "convert", None)
        prepared(collection, out, "--in-place")
    assert {p: p.read_bytes() for p in out.glob("manifest.*")} == before
    converted = prepared(collection, out)  # and the other way is another
    assert {t.codec for t in converted.tracks} == {manifest.PREPARED}
    assert len(list((out / "wav").iterdir())) == len(converted.tracks)
    again = prepared(collection, out, "--in-place")
    assert manifest.PREPARED not in {t.codec for t in again.tracks}
    assert not list((out / "wav").iterdir())


def test_arrays_without_a_rate_are_refused_at_once(
    collection, tmp_path, capsys
):
    arguments = ("--table", collection / "tags.csv", "--out", tmp_path / "o")
    assert run(*arguments) == 2
    assert "--array-rate-hz" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
