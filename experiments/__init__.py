"""What is run: `python -m experiments.run_*`."""
