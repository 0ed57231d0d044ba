"""Layers between the waveform and the network's answer."""

from tftag.layers.batch_normalization import BatchNormalization
from tftag.layers.log_mel_spectrogram import LogMelSpectrogram
from tftag.layers.members.member_dense import MemberDense
from tftag.layers.members.member_logits import MemberLogits
from tftag.layers.members.member_similarity import MemberSimilarity
from tftag.layers.normalized_maximum import NormalizedMaximum
from tftag.layers.pooled_relu import PooledReLU
from tftag.layers.power_spectrum import PowerSpectrum
from tftag.layers.spec_augment import SpecAugment
from tftag.layers.tag_vectors import TagVectors
from tftag.layers.unit_length import UnitLength
from tftag.layers.waveform_normalization import WaveformNormalization

__all__ = [
    "BatchNormalization",
    "LogMelSpectrogram",
    "MemberDense",
    "MemberLogits",
    "MemberSimilarity",
    "NormalizedMaximum",
    "PooledReLU",
    "PowerSpectrum",
    "SpecAugment",
    "TagVectors",
    "UnitLength",
    "WaveformNormalization",
]
