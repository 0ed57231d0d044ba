"""From data and settings to a trained model, wherever it was stopped."""
