"""Files and their text: written whole or not at all, read with suspicion."""
