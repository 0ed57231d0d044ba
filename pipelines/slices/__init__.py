"""Parts of compressed files and arrays, read where they lie."""
