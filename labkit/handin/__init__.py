"""Handing in and checking what was handed in: a BagIt zip, and a ladder of four rungs."""
