"""A library on one page: where recordings lie, and the page itself."""
