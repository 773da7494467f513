"""Measures of generated samples, VAEs and trainings: quality, diversity, stability, cost.

All code that can change a measured value is in this package, so two values are comparable if
the hash of its code and that of the pinned feature network are the same.
"""
