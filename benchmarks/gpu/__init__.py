"""``python -m benchmarks gpu``: all that labkit wants to know of a card, in eight minutes at most.

Does every family train there, as on the CPU and twice alike, killed and resumed alike, recorded
and run alike? How fast, beside the script everyone writes? How long does Lab 1 take?
"""
