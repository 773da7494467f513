"""Languages, and the format of numbers."""
