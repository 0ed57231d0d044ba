"""Layers between the waveform and the network."""

from tftag.layers.batch_normalization import BatchNormalization
from tftag.layers.log_mel_spectrogram import LogMelSpectrogram
from tftag.layers.member_logits import MemberLogits
from tftag.layers.spec_augment import SpecAugment
from tftag.layers.waveform_normalization import WaveformNormalization

__all__ = [
    "BatchNormalization",
    "LogMelSpectrogram",
    "MemberLogits",
    "SpecAugment",
    "WaveformNormalization",
]
