"""One training on several devices or machines: who takes part, and lives."""
