"""Recordings that clients send, and their tags."""
