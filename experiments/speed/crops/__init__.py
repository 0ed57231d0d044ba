"""Random crops per second, by what is read and from where."""
