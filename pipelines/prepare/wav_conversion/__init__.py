"""Audio files to WAV files: in parallel, resumable, with a limit."""
