"""What tests are made of.

``cells``, ``plans``: specs of cells and plans of them. ``results``, ``stores``: what a finished
cell holds, and stores of such cells. ``reports``: their reports. ``tables``: metrics as a table.
``families``: networks with fresh weights. ``runs``, ``breakable``, ``killable``: runs without
torch, runs that go on after a fault, a real one to kill. ``handins``, ``forgeries``, ``archives``:
hand-ins, honest and not. ``commands``: the command line in a process of its own.
"""
