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
