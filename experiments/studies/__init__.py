"""Questions about the tagger, answered by trainings side by side."""
