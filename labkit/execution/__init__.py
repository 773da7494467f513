"""Cells at work: runner, worker, executors, progress, time left; a loop of one's own, recorded."""
