"""A segment of an index: the rows that one file holds, and their lists."""
