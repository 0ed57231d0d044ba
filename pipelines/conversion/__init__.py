"""Any audio to 16-bit WAV: in parallel, resumable, nothing lost."""
