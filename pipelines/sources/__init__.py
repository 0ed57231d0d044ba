"""The ways in: one file per kind of data set, each gives a `Listing`."""
