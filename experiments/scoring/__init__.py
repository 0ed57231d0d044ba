"""What a trained model is worth on recordings it has not seen."""
