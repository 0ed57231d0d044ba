"""Tags inside a person's audio files: written, and taken out again."""
