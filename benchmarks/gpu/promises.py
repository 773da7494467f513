"""What labkit promises of a training, tried with a family on a device.

Two runs alike, killed and resumed alike, recorded steps as those run one by one, and nothing
that makes the CPU wait within an epoch.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.gpu.cases import Case, spec_of
from benchmarks.gpu.steps import distance
from labkit.execution.sampling import build, labels_of, load_for
from labkit.train import checkpoint
from labkit.train.capture import RecordedSteps
from labkit.train.loop import fit
from labkit.train.models.base import Family

EPOCHS = 2


def kept(
    family: str, params: dict[str, Any], steps: int, batch: int, device: str
) -> dict[str, Any]:
    """Train a case for two epochs in several ways.

    Returns:
        ``two runs``, ``resumed``, ``recorded``: whether weights, buffers and moments end with the
        same bits as those of a first run; ``recorded apart``: |difference| / |weights| of the worst
        network; ``resumed, recorded``: the same bits as the recorded run; ``not recorded``: why
        there is nothing of that; ``waits``, ``recorded waits``: how often the CPU waited for the
        device in an epoch, one of which is for the means at its end, and where if there are more;
        None without a card; ``seconds``.
    """
    started = time.perf_counter()
    trial = _Trial(Case(family, params), steps, batch, device)
    first, waits = trial.run()
    end = checkpoint.dump(first)
    again, _ = trial.run()
    found: dict[str, Any] = {
        "two runs": checkpoint.dump(again) == end,
        "resumed": checkpoint.dump(trial.resumed()) == end,
        "waits": waits,
    }
    recorded, waits = trial.run(recorded=True)
    if trial.why:
        found["not recorded"] = trial.why[0]
    else:
        end_recorded = checkpoint.dump(recorded)
        found["recorded"] = end_recorded == end
        found["recorded apart"] = _apart(first, recorded)
        found["resumed, recorded"] = checkpoint.dump(trial.resumed(recorded=True)) == end_recorded
        found["recorded waits"] = waits
    return {**found, "seconds": time.perf_counter() - started}


class _Trial:
    """A case, its images on the device, and the ways to train it."""

    def __init__(self, case: Case, steps: int, batch: int, device: str) -> None:
        self.device, self.batch, self.why = torch.device(device), batch, list[str]()
        self.spec = spec_of(case, steps, batch)
        data = load_for(self.spec, "train", None)
        # The last batch of an epoch is a short one.
        self.images = torch.from_numpy(data.images[: -(batch // 2)].copy()).to(self.device)
        self.labels = labels_of(data, self.device)[: len(self.images)]

    def run(
        self, recorded: bool = False, begun: bytes | None = None, done: int = 0, stop: int = EPOCHS
    ) -> tuple[Family, str | None]:
        """The family after `stop` epochs, and the waits in the last of them."""
        family = build(self.spec, self.device)
        if begun is not None:
            checkpoint.restore(family, begun)
        step = RecordedSteps(family, self.why.append) if recorded else None
        seen = None
        with _waiting(self.device) as waits:

            def on_step(epoch: int, i: int, steps: int) -> None:
                if not i:
                    waits.clear()

            for _ in islice(
                fit(
                    family,
                    self.images,
                    epochs=EPOCHS,
                    batch_size=self.batch,
                    seed=self.spec.seed,
                    done=done,
                    labels=self.labels,
                    step=step,
                    on_step=on_step,
                ),
                stop - done,
            ):
                if self.device.type == "cuda":  # recording, in the first epoch, may wait
                    seen = _told(waits)
        return family, seen

    def resumed(self, recorded: bool = False) -> Family:
        """Killed after the first epoch and gone on with by another process's means: its file."""
        half, _ = self.run(recorded, stop=1)
        family, _ = self.run(recorded, begun=checkpoint.dump(half), done=1)
        return family


@contextlib.contextmanager
def _waiting(device: torch.device) -> Iterator[list[warnings.WarningMessage]]:
    """The warnings of what makes the CPU wait for a card, as they come."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if device.type != "cuda":
            yield caught
            return
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield caught
        finally:
            torch.cuda.set_sync_debug_mode("default")


def _told(waits: list[warnings.WarningMessage]) -> str:
    places = sorted({f"{Path(each.filename).name}:{each.lineno}" for each in waits})
    return str(len(waits)) + (f" ({', '.join(places)})" if len(waits) > 1 else "")


def _apart(one: Family, other: Family) -> float:
    """|difference| / |weights| of the worst network."""
    return max(
        distance(_here(one.networks[name]), _here(other.networks[name])) for name in one.networks
    )


def _here(network: torch.nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().cpu() for key, value in network.state_dict().items()}
