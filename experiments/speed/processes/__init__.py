"""Processes that are measured: their memory, and other interpreters."""
