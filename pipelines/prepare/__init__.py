"""From a person's audio and tags to 16-bit WAV files and a manifest."""
