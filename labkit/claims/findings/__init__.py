"""What a table shows, in numbers alone: one module a kind of finding."""
