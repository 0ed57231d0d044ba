"""Opens SavedModels and runs them on files; needs none of the model code."""
