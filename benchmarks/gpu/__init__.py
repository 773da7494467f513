"""``python -m benchmarks gpu``: a first look at a card, in six minutes at most.

Does every family train there, as on the CPU and twice alike? How fast, beside the script
everyone writes? How long do the quick profile and a cell of every family take, start to end?
"""
