"""The models that are served: versions, and requests run as one batch."""
