"""What a prepared data set is like, as text and as web pages."""
