"""Grading a class: every hand-in of a folder as a record, and tables and a page of them all."""
