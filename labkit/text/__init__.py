"""Languages and how numbers are written."""
