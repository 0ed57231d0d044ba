import dataclasses

import numpy as np
from scipy import signal

from experiments.settings import baseline_config, flags
from experiments.speed.comparison import networks
from tftag import audio


def small():
    seed = baseline_config.seed()
    settings = flags.replace(seed, {"width": 1 / 64, "blocks": 2})
    spec = dataclasses.replace(settings.audio, clip_seconds=0.2)
    return dataclasses.replace(settings, audio=spec)


def by_hand(arrays, log_mel):
    """Logits of one spectrogram `[frames, mels]`, a filter at a time."""
    weights = [arrays[f"weights_{i}"] for i in range(2 + 2 * 5 + 2)]
    cells = ((log_mel - weights[0]) / np.sqrt(weights[1] + 1e-3))[..., None]
    for start in (2, 7):
        kernel, gamma, beta, mean, variance = weights[start : start + 5]
        made = np.stack(
            [
                sum(
                    signal.correlate2d(cells[..., c], kernel[..., c, f], "same")
                    for c in range(kernel.shape[2])
                )
                for f in range(kernel.shape[3])
            ],
            axis=-1,
        )
        made = (made - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        frames, mels = made.shape[0] // 2, made.shape[1] // 2
        cut = made[: 2 * frames, : 2 * mels]
        four = cut.reshape(frames, 2, mels, 2, -1).max(axis=(1, 3))
        cells = np.maximum(four, 0)
    return cells.reshape(-1) @ weights[-2] + weights[-1]


def test_the_file_is_all_that_another_needs_to_answer_alike(tmp_path):
    settings = small()
    model = networks.drawn_tagger(settings)
    path = tmp_path / "network.npz"
    networks.write_network(path, model, settings.audio)
    with np.load(path) as arrays:
        arrays = dict(arrays)
    log_mel = model.front_end.get_layer("log_mel")(arrays["waveform"])
    found = [by_hand(arrays, np.asarray(one)) for one in log_mel]
    np.testing.assert_allclose(found, arrays["logits"], atol=1e-3)
    assert np.ptp(arrays["logits"]) > 0.1


def test_waveforms_are_on_the_grid_and_at_full_scale():
    clips = networks.waveforms(3, audio.AudioSpec(clip_seconds=0.1))
    assert clips.shape == (3, 1_600)
    np.testing.assert_array_equal(np.abs(clips).max(axis=1), 1)
    whole = clips.astype("f8") * 32_767
    np.testing.assert_allclose(whole, np.round(whole), atol=1e-2)


def test_rows_compare_front_ends_of_the_same_waveforms(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "FRONT_END_BATCHES", (1, 2))
    asked = []

    def ask(**question):
        asked.append(question)
        return {"ways": ["librosa"], "facts": {}}

    rows = list(networks.front_end_rows(ask, tmp_path))
    assert [row.name for row in rows] == [
        "log-mel, batch 1",
        "log-mel, batch 2",
    ]
    assert [question["batch_size"] for question in asked] == [1, 2]
    with np.load(asked[0]["waveforms"]) as arrays:
        assert arrays["log_mel"].shape == (2, 938, 128)
    assert list(rows[1].ways) == ["tftag", "librosa"]
    assert rows[1].ways["tftag"]() > 0
