"""From a report as a value to the contents of files."""
