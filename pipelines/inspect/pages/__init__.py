"""The web pages of an inspection."""
