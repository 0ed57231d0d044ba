"""The project's network in PyTorch, with the project's weights.

Each mel band standardised; blocks of 3x3 convolution, batch norm, 2x2 maximum
and ReLU, channels last; the last block's cells, frames before filters, into
one dense layer.
"""

import warnings
from collections.abc import Callable

import log_mel
import numpy as np
import torch
from torch import nn

_BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}


class Network(nn.Module):
    """From log-mel `[batch, frames, mels]` to logits `[batch, tags]`."""

    def __init__(self, weights: list[np.ndarray]):
        """Takes the weights in the order of the layers.

        Args:
            weights: Mean and variance of the mel bands; of each block the
                kernel `[3, 3, in, out]`, gamma, beta, moving mean and
                variance; the dense kernel `[dim, tags]` and its bias.
        """
        super().__init__()
        self.mel_norm = nn.BatchNorm1d(
            len(weights[0]), affine=False, **_BATCH_NORM
        )
        _fill(self.mel_norm.running_mean, weights[0])
        _fill(self.mel_norm.running_var, weights[1])
        blocks = []
        for start in range(2, len(weights) - 2, 5):
            kernel, gamma, beta, mean, variance = weights[start : start + 5]
            convolution = nn.Conv2d(*kernel.shape[2:], 3, padding=1, bias=False)
            norm = nn.BatchNorm2d(len(gamma), **_BATCH_NORM)
            _fill(convolution.weight, kernel.transpose(3, 2, 0, 1))
            _fill(norm.weight, gamma)
            _fill(norm.bias, beta)
            _fill(norm.running_mean, mean)
            _fill(norm.running_var, variance)
            # ReLU after the maximum is the same, on a quarter of the values.
            blocks += [convolution, norm, nn.MaxPool2d(2), nn.ReLU()]
        self.blocks = nn.Sequential(*blocks)
        self.blocks.to(memory_format=torch.channels_last)
        self.dense = nn.Linear(*weights[-2].shape)
        _fill(self.dense.weight, weights[-2].T)
        _fill(self.dense.bias, weights[-1])

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """Computes the logits."""
        bands = self.mel_norm(spectrogram.flatten(0, 1))
        cells = self.blocks(bands.view_as(spectrogram).unsqueeze(1))
        return self.dense(cells.permute(0, 2, 3, 1).flatten(1))


class Tagger(nn.Module):
    """From waveforms `[batch, samples]` at full scale to logits."""

    def __init__(self, weights: list[np.ndarray], filterbank: np.ndarray):
        """Puts the log-mel spectrogram before the network."""
        super().__init__()
        self.log_mel = log_mel.StftLogMel(filterbank)
        self.network = Network(weights)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        """Computes the logits."""
        with torch.no_grad():
            spectrogram = self.log_mel(waveform)
        return self.network(spectrogram)


def read(path: str) -> tuple[Tagger, dict[str, np.ndarray]]:
    """Reads a network and what the project says of some waveforms.

    Args:
        path: A file with `weights_0`, ..., `filterbank`, `waveform` `[clips,
            samples]` and `logits` `[clips, tags]`.
    """
    with np.load(path) as file:
        arrays = dict(file)
    count = sum(name.startswith("weights_") for name in arrays)
    weights = [arrays.pop(f"weights_{number}") for number in range(count)]
    return Tagger(weights, arrays["filterbank"]), arrays


def write_onnx(
    network_file: str, path: str
) -> tuple[dict[str, Callable[[], object]], dict[str, float]]:
    """Writes the network, from `x`, a spectrogram of any batch, to ONNX."""
    tagger, arrays = read(network_file)
    tagger.eval()
    spectrogram = tagger.log_mel(torch.from_numpy(arrays["waveform"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tagger.network,
            (spectrogram,),
            path,
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "batch"}},
        )
    return {}, {}


def _fill(parameter, values):
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))
