"""The commands that find music: index, search, similar."""
