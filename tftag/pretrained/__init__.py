"""Taggers that come with the package."""
