"""What `python -m experiments.run_benchmark` measures."""
