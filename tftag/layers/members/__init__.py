"""Layers of which members side by side each have their own."""
