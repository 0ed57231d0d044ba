"""How the synthesised data sets sound, and how they reach a folder."""
