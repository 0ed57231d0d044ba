"""musicnn in NumPy, float64, one frame and one band after the other.

Written from the paper and the shapes of the published arrays, apart from the
layers: what a published tagger must answer.
"""

import numpy as np


def log_mel(waveform):
    """The spectrogram of the published taggers, `[frames, 96]`."""
    power = mel_power(
        *(waveform, 16_000, 512, 256, 96, 0.0, 8_000.0),
        *("slaney", "slaney", "reflect"),
    )
    return np.log10(1 + 10_000 * power)


def mel_power(
    waveform,
    sample_rate_hz=16_000,
    window_samples=1_024,
    hop_samples=512,
    mel_bands=128,
    min_hz=20.0,
    max_hz=8_000.0,
    mel_scale="htk",
    mel_norm="none",
    edges="zeros",
):
    """Mel power [frames, mels] in float64, one frame and one band at a time.

    Equal to 1e-10 of its maximum to `librosa.feature.melspectrogram(...,
    pad_mode="constant", htk=True, norm=None)` of librosa 0.11.0 in float64.
    """
    modes = {"zeros": "constant", "reflect": "reflect"}
    x = np.pad(waveform, window_samples, mode=modes[edges])
    n = np.arange(window_samples)
    window = np.sin(np.pi * n / window_samples) ** 2
    k = np.arange(window_samples // 2 + 1)
    dft = np.exp(-2j * np.pi * k[:, None] * n / window_samples)
    bin_hz = k * sample_rate_hz / window_samples
    if mel_scale == "htk":
        mel = 2595 * np.log10(1 + np.array([min_hz, max_hz]) / 700)
        band_hz = 700 * (10 ** (np.linspace(*mel, mel_bands + 2) / 2595) - 1)
    elif mel_scale == "octave":
        band_hz = np.geomspace(min_hz, max_hz, mel_bands + 2)
    else:
        mel = [hz_mel(hz) for hz in (min_hz, max_hz)]
        band_hz = np.array(
            [mel_hz(m) for m in np.linspace(*mel, mel_bands + 2)]
        )
    frames = []
    for centre in range(0, len(waveform) + 1, hop_samples):
        start = centre + window_samples - window_samples // 2
        power = np.abs(dft @ (window * x[start : start + window_samples])) ** 2
        bands = []
        for low, peak, high in zip(
            band_hz[:-2], band_hz[1:-1], band_hz[2:], strict=True
        ):
            weight = np.interp(bin_hz, [low, peak, high], [0, 1, 0])
            if mel_norm == "slaney":
                weight = weight * 2 / (high - low)
            bands.append(weight @ power)
        frames.append(bands)
    return np.array(frames)


def hz_mel(hz):
    return hz * 15 / 1_000 if hz < 1_000 else 15 + 27 * np.log(hz / 1e3) / KNEE


def mel_hz(mel):
    return (
        mel * 1_000 / 15 if mel < 15 else 1e3 * np.exp((mel - 15) * KNEE / 27)
    )


KNEE = np.log(6.4)


def normalised(x, arrays, name):
    """A batch norm by what it has kept of its training."""
    mean, variance, gamma, beta = (
        arrays[f"{name}_norm/{part}"]
        for part in ("moving_mean", "moving_variance", "gamma", "beta")
    )
    return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta


def features(mels, arrays):
    """Pooled features `[1506]`, embedding `[200]` and logits `[50]`.

    Args:
        mels: `[frames, 96]`, not standardised.
        arrays: Of a published network, by `layer/part`.
    """
    arrays = {name: a.astype(np.float64) for name, a in arrays.items()}

    def norm(x, name):
        return normalised(x, arrays, name)

    def unit(x, name):
        return norm(np.maximum(x + arrays[f"{name}/bias"], 0), name)

    x = norm(mels, "input")
    count = len(x)
    parts = []
    for name in ("timbral_38", "timbral_67"):
        kernel = arrays[f"{name}/kernel"][:, :, 0]
        bands = kernel.shape[1]
        ahead = np.pad(x, ((3, 3), (0, 0)))
        loudest = None
        for band in range(96 - bands + 1):
            total = sum(
                ahead[step : step + count, band : band + bands] @ kernel[step]
                for step in range(7)
            )
            here = unit(total, name)
            loudest = here if loudest is None else np.maximum(loudest, here)
        parts.append(loudest)
    for name in ("temporal_128", "temporal_64", "temporal_32"):
        kernel = arrays[f"{name}/kernel"][:, 0, 0]
        length = len(kernel)
        ahead = np.pad(x, (((length - 1) // 2, length // 2), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(ahead, length, 0)
        bands = [unit(windows[:, band] @ kernel, name) for band in range(96)]
        parts.append(np.max(bands, axis=0))
    x = np.concatenate(parts, axis=1)
    kept = [x]
    for number in (1, 2, 3):
        name = f"frames_{number}"
        ahead = np.pad(x, ((3, 3), (0, 0)))
        total = sum(
            ahead[step : step + count] @ arrays[f"{name}/kernel"][step]
            for step in range(7)
        )
        x = unit(total, name) + (x if number > 1 else 0)
        kept.append(x)
    x = np.concatenate(kept, axis=1)
    pooled = np.stack([x.max(axis=0), x.mean(axis=0)], axis=1).ravel()
    dense = norm(pooled, "pooled") @ arrays["embedding/kernel"]
    embedding = unit(dense, "embedding")
    logits = embedding @ arrays["tag_logits/kernel"] + arrays["tag_logits/bias"]
    return pooled, embedding, logits
