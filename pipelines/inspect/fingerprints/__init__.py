"""Recordings that share audio, found by what they sound like."""
