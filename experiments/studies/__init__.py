"""Questions about the tagger, answered by comparing trainings."""
