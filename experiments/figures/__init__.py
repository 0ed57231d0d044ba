"""Pictures of a run, and what TensorBoard shows of it."""
