"""The rows of `run_benchmark peers`: this project beside what else is used."""
