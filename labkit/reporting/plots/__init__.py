"""The report's plots: as values, how they look, and what they show."""
