"""Who trains, who validates, who tests: splits without leaks."""

from pipelines.splits.artist_splits import (
    assign_splits,
    check_weights,
    folds,
)
from pipelines.splits.audit import audit, shared_artists

__all__ = [
    "assign_splits",
    "audit",
    "check_weights",
    "folds",
    "shared_artists",
]
