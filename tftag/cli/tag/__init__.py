"""A library of recordings: tagged in a run that can be ended and gone on."""
