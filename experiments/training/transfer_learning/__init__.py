"""Training that starts from a body which was trained before."""
