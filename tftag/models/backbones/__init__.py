"""The backbones: from a log-mel spectrogram to a clip's vector."""
