"""The lab sheet of a course: what every student runs, answers and hands in, as one file."""
