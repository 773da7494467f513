"""A student's own words, held against the table."""
