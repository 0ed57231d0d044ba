"""How well scores rank recordings, and what they are worth as decisions."""

from tftag.metrics import calibration
from tftag.metrics.ranking import (
    TOP,
    average_precision,
    differences,
    mean_differences,
    precision_at,
    r_precision,
    recording_precision_at,
    roc_auc,
    summarize,
)
from tftag.metrics.tag_table import per_tag_table

__all__ = [
    "TOP",
    "average_precision",
    "calibration",
    "differences",
    "mean_differences",
    "per_tag_table",
    "precision_at",
    "r_precision",
    "recording_precision_at",
    "roc_auc",
    "summarize",
]
