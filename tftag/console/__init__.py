"""What a command says and draws, what it hides, and how it is stopped."""
