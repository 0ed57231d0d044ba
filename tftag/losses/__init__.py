"""Losses: plain tensors in, a number out."""

from tftag.losses import negatives
from tftag.losses.classification import (
    BinaryCrossentropy,
    FocalCrossentropy,
    SigmoidBinaryCrossentropy,
)
from tftag.losses.contrastive import MultiPositiveInfoNCE, TripletMargin

__all__ = [
    "BinaryCrossentropy",
    "FocalCrossentropy",
    "MultiPositiveInfoNCE",
    "SigmoidBinaryCrossentropy",
    "TripletMargin",
    "negatives",
]
