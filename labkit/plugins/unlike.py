"""What a user's own networks may do otherwise when they are tried twice.

:mod:`labkit.execution.trials` finds out; a cell's record has the keys, and whoever verifies
a hand-in reads the words.
"""

from __future__ import annotations

TRAINING, SAMPLES, RESUMING = "training", "samples", "resuming"
ABOUT = {
    TRAINING: "its first training step differs when tried twice with one seed (the clock? a "
    "generator without a seed?)",
    SAMPLES: "its samples differ when drawn twice from the same weights (a generator of its own? "
    "a counter?)",
    RESUMING: "interrupted and resumed it would go on otherwise (it keeps something that no "
    "checkpoint holds: a generator of its own? a counter?)",
}
