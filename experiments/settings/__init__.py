"""What an experiment may set, and the flags made from it."""
