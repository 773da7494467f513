"""Training: one loop, losses, networks, families. The half of labkit that needs torch."""
