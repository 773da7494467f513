"""A training loop of one's own, told to the store as it goes: `labkit.cell`."""
