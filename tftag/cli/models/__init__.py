"""Commands about models: listed, given another tag, written as another file."""
