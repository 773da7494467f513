"""A student's own Python files: read, checked, registered."""
