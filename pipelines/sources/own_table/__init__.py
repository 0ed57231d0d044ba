"""Recordings and tags as a user has them: a folder, or a table of any form."""
