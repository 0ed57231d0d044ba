"""Log-mel spectrograms of the same waveforms by other libraries."""

from collections.abc import Callable

import log_mel
import numpy as np
import torch

_MELS = {
    "n_fft": log_mel.WINDOW_SAMPLES,
    "hop_length": log_mel.HOP_SAMPLES,
    "n_mels": 128,
    "norm": None,
    "power": 2.0,
    "pad_mode": "constant",
}
_RATE_HZ, _MIN_HZ, _MAX_HZ = 16_000, 20.0, 8_000.0


def ways(
    batch_size: int, waveforms: str
) -> tuple[dict[str, Callable[[], object]], dict[str, float]]:
    """One batch by each library, and how far each is from the project's.

    Args:
        batch_size: Clips at a time.
        waveforms: A file with `waveform` `[clips, samples]`, `log_mel`
            `[clips, frames, mels]` and `filterbank` `[bins, mels]`.
    """
    with np.load(waveforms) as arrays:
        clips = arrays["waveform"]
        expected = arrays["log_mel"]
        filterbank = arrays["filterbank"]
    clips = np.resize(clips, (batch_size, clips.shape[1]))
    tensor = torch.from_numpy(clips)
    by_hand = log_mel.LogMel(filterbank).eval()
    by_stft = log_mel.StftLogMel(filterbank).eval()
    calls = {
        "PyTorch, torch.fft": lambda: by_hand(tensor),
        "PyTorch, torch.stft": lambda: by_stft(tensor),
        "librosa": _librosa(clips),
        "nnAudio": _nnaudio(tensor),
    }
    calls = {name: torch.inference_mode()(call) for name, call in calls.items()}
    facts = {}
    for name, call in calls.items():
        found = np.asarray(call())[: len(expected)]
        difference = np.abs(found - expected[: len(found)]).max()
        facts[f"{name} differs by"] = float(difference)
    return calls, facts


def _librosa(clips):
    import librosa

    def call():
        mels = librosa.feature.melspectrogram(
            y=clips,
            sr=_RATE_HZ,
            fmin=_MIN_HZ,
            fmax=_MAX_HZ,
            htk=True,
            **_MELS,
        )
        return np.log(mels + log_mel.LOG_FLOOR).swapaxes(1, 2)

    return call


def _nnaudio(clips):
    from nnAudio.features import mel

    layer = mel.MelSpectrogram(
        _RATE_HZ, fmin=_MIN_HZ, fmax=_MAX_HZ, htk=True, verbose=False, **_MELS
    )
    return lambda: torch.log(layer(clips) + log_mel.LOG_FLOOR).mT
