"""Runs that ask for tags nothing was trained on."""
