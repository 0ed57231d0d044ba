"""The reference experiment's pickled lists, read without running anything."""
