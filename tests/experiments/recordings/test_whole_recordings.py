import dataclasses

import numpy as np
import soundfile
import tone_manifest

from experiments.recordings import whole_recordings


def test_a_recording_is_decoded_whole_at_the_rate_asked_for(tmp_path):
    manifest = tone_manifest.make(tmp_path, train=2, validation=0)
    track = manifest.tracks[0]
    written, rate_hz = soundfile.read(manifest.wav_path(track))
    samples = whole_recordings.samples(manifest, track, rate_hz)
    # The level is the model's matter.
    np.testing.assert_allclose(
        samples / np.abs(samples).max(),
        written / np.abs(written).max(),
        atol=1e-3,
    )
    half = whole_recordings.samples(manifest, track, rate_hz // 2)
    assert len(half) == len(written) // 2


def test_a_recording_is_known_by_its_audio_under_any_name(tmp_path):
    manifest = tone_manifest.make(tmp_path, train=3, validation=0)
    card = {"data": {"audio_hashes": manifest.tracks.texts("audio_hash")[:2]}}
    assert whole_recordings.known_to(card, manifest) == 2
    renamed = dataclasses.replace(
        manifest,
        tracks=tuple(
            dataclasses.replace(track, track_id=f"other {track.track_id}")
            for track in manifest.tracks
        ),
    )
    assert whole_recordings.known_to(card, renamed) == 2
    # Of published models, and of exports of before they were listed.
    for said in ({}, {"data": {"recording_ids": ["001"]}}):
        assert whole_recordings.known_to(said, manifest) == 0
