"""Who may ask a service, how much, and what the others are told."""
