"""Is it right? Steps beside the CPU's, what labkit promises of them, measures beside the CPU's.

A part is a function that adds its rows until its deadline. All take the results they add to, the
device, the size of everything and the deadline.
"""

from __future__ import annotations

from typing import Any

from benchmarks.gpu.cases import Case, cases
from benchmarks.gpu.process import Deadline, Worker, WorkError
from benchmarks.gpu.results import Results
from benchmarks.gpu.sizes import Size
from benchmarks.gpu.worker import cores
from labkit.catalog import FAMILIES

#: Recorded and run steps agree where no network's weights are further apart than this.
AGREE = 1e-5
#: What a promise could fail for alone, beside the families' defaults.
SPECIAL = (
    Case("gan", {"n_critic": 2}),
    Case("gan", {"loss": "wasserstein", "constraint": "gradient_penalty", "d_norm": "layer"}),
    Case("gan", {"constraint": "spectral_norm"}),
    Case("gan", {"loss": "wasserstein", "constraint": "clip", "optimiser": "rmsprop"}),
    Case("gan", {"ema": 0.99}),
    Case("vae", {"kl_warmup": 1}),
    Case("vae", {"networks": "dense512", "norm": "batch", "dropout": 0.2}),
)


def steps(results: Results, device: str, size: Size, deadline: Deadline) -> None:
    """Every family and choice: how far from the CPU, and twice the same?"""
    results.note(
        f"{size.steps} steps, batch {size.batch}. Beside the CPU, both sides with the same weights "
        "and noise: the largest difference of a loss or norm in the first step and in all, "
        "relative to that value's largest, and |difference| / |weights| of the worst network. "
        "Same bits: of two runs on the device."
    )
    task = {"do": "steps", "threads": min(size.threads, cores())}
    _ask_all(results, task, cases(), device, size, deadline)


def promises(results: Results, device: str, size: Size, deadline: Deadline) -> bool:
    """Twice, resumed and recorded the same? Whether recorded steps agreed in every case."""
    results.note(
        f"Two epochs of {size.steps} batches of {size.batch}, the last of each a short one: the "
        "same bits of all weights, buffers and moments in a second run, after a resume from the "
        "first epoch's checkpoint, and with steps recorded as CUDA graphs. Waits: how often the "
        "CPU waited for the device in an epoch; 1 is for the means at its end."
    )
    todo = [*(Case(family, {}) for family in FAMILIES), *SPECIAL]
    found = _ask_all(results, {"do": "promises"}, todo, device, size, deadline)
    agreed = [row.get("recorded") or row.get("recorded apart", 1.0) <= AGREE for row in found]
    return len(found) == len(todo) and all(agreed)


def _ask_all(
    results: Results,
    task: dict[str, Any],
    todo: list[Case],
    device: str,
    size: Size,
    deadline: Deadline,
) -> list[dict[str, Any]]:
    """A row for each case; what was found of those that did not fail."""
    common = {**task, "steps": size.steps, "batch": size.batch, "device": device}
    found = []
    with Worker() as worker:
        for i, case in enumerate(todo):
            try:
                answer = worker.ask(deadline, family=case.family, params=case.params, **common)
                results.add(case=case.name, **answer)
                found.append(answer)
            except WorkError as error:
                results.add(case=case.name, error=str(error))
            except TimeoutError:
                left = ", ".join(each.name for each in todo[i:])
                results.note(f"Out of time; skipped: {left}.")
                break
    return found


def measures(results: Results, device: str, size: Size, deadline: Deadline) -> None:
    """The measures of some samples on the device beside those on the CPU."""
    results.note(
        f"{size.samples:,} images measured as samples on either; the largest difference of a "
        "measure relative to its value on the CPU; the real images' features are known."
    )
    with Worker() as worker:
        for dataset in ("MNIST", "FashionMNIST"):
            task = {"do": "measures", "dataset": dataset, "samples": size.samples}
            try:
                results.add(**worker.ask(deadline, device=device, **task))
            except WorkError as error:
                results.add(dataset=dataset, error=str(error))
            except TimeoutError:
                results.note(f"{dataset}: out of time, skipped.")
                return
