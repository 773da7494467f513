"""The names of the files in a cell's folders, so that each is written once."""

#: What was asked for, where it ran, and what it cost.
SPEC, ENVIRONMENT, COST = "spec.json", "environment.json", "cost.json"
#: A row an epoch, and what was said meanwhile.
HISTORY, LOG = "history.jsonl", "log.txt"
#: Weights: of the last finished epoch, with all that resuming needs, and of the best epoch.
CHECKPOINT, BEST = "checkpoint.safetensors", "best.safetensors"
#: The networks' layers as recorded when the cell trained.
NETWORKS = "networks.json"
#: Of an evaluation: measures, and the samples they were taken of.
MEASURES, SAMPLES = "metrics.json", "samples.npz"
#: In a hand-in: of the best epoch's weights those that its samples are drawn and measured by.
DRAWS = "draws.safetensors"
#: What a light cell does without.
HEAVY = (CHECKPOINT, BEST, SAMPLES)
#: Of a failure, and of work in progress.
ERROR, HEARTBEAT = "error.json", "heartbeat.json"
