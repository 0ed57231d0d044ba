"""Scores and figures of a trained model on recordings it has not seen."""
