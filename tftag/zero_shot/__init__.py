"""Tags that nothing was trained on: splits, protocols, and what to beat."""

from tftag.zero_shot.seen_and_unseen import evaluate

__all__ = ["evaluate"]
