"""What a command says at a terminal, what it hides, and how it is stopped."""
