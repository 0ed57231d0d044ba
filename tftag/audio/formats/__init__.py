"""What the containers of audio files state, and what is in them."""
