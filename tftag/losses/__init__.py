"""Losses: plain tensors in, a number out."""

from tftag.losses.classification import (
    BinaryCrossentropy,
    FocalCrossentropy,
    SigmoidBinaryCrossentropy,
)

__all__ = [
    "BinaryCrossentropy",
    "FocalCrossentropy",
    "SigmoidBinaryCrossentropy",
]
