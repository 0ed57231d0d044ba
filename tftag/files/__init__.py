"""How files are found, and how what is written of them is kept in bounds."""
