"""How fast does it train? Images a second of every family, of Lab 1's beside the script, of several
cells on one card."""

from __future__ import annotations

import contextlib
import statistics
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from benchmarks.compare import Run, Spread, interleave, ratio
from benchmarks.gpu.process import Deadline, Worker, WorkError
from benchmarks.gpu.results import Results
from benchmarks.gpu.sizes import Size
from benchmarks.gpu.worker import cores
from labkit.catalog import FAMILIES

GAN = {"family": "gan", "dataset": "MNIST", "loss": "hinge", "z_dim": 64}
VAE = {"family": "vae", "dataset": "MNIST", "latent_dim": 16}
LAB = (("GAN", GAN), ("VAE", VAE))
#: How Lab 1's models train beside the script.
WAYS: dict[str, dict[str, Any]] = {
    "labkit": {},
    "labkit, TF32": {"tf32": True},
    "labkit, bf16": {"precision": "bf16"},
    "labkit, recorded": {"recorded": True},
    "labkit, recorded, TF32": {"recorded": True, "tf32": True},
    "labkit, recorded, bf16": {"recorded": True, "precision": "bf16"},
}


class Rate(Spread):
    """A spread of images a second, in whole numbers."""

    def __str__(self) -> str:
        return f"{self.median:,.0f} ({self.low:,.0f}–{self.high:,.0f})"


def families(results: Results, device: str, size: Size, deadline: Deadline) -> None:
    """Every family with its defaults, its steps run one by one and recorded."""
    results.note(f"{_how(size)}; memory: the largest the device's allocator gave out.")
    with Worker() as worker:
        for family in FAMILIES:
            cell = {"family": family, "dataset": "MNIST"}
            for recorded in (False, True):
                row = {"family": family, "steps": "recorded" if recorded else "run"}
                try:
                    found = worker.ask(deadline, **_task(cell, device, size, recorded=recorded))
                    results.add(**row, **_rate(found, size), **_memory(found))
                except WorkError as error:
                    results.add(**row, error=str(error))
                except TimeoutError:
                    results.note(f"{family}: out of time; it and those after it skipped.")
                    return


def beside_script(results: Results, device: str, size: Size, deadline: Deadline) -> None:
    """Lab 1's two models, labkit beside the script everyone writes, turn by turn."""
    results.note(
        f"{_how(size)}; of the script one epoch with reading the data; median (lowest–highest) of "
        "the rounds; ratios within a round. labkit has one thread and deterministic kernels, the "
        "script all cores and PyTorch's own settings."
    )
    with Worker() as script, Worker() as ours:
        for name, cell in LAB:
            try:
                _beside(results, name, cell, (script, ours), device, size, deadline)
            except WorkError as error:
                results.add(model=name, error=str(error))
            except TimeoutError:
                results.note(f"{name}: out of time, skipped.")


def _beside(
    results: Results,
    name: str,
    cell: dict[str, Any],
    workers: tuple[Worker, Worker],
    device: str,
    size: Size,
    deadline: Deadline,
) -> None:
    script, ours = workers
    by_script = {"do": "plain", "cell": cell, "device": device, "threads": cores(), "epochs": 1}
    found: dict[str, list[Run]] = {}

    def ask(way: str, images: int) -> Run:
        if way == "script":
            return {"seconds": script.ask(deadline, **by_script, limit=images)}
        answer = ours.ask(deadline, **_task(cell, device, size, images, **WAYS[way]))
        return {"seconds": statistics.median(answer["seconds"][1:])}

    def timed(way: str) -> Run:
        found[way].append(ask(way, size.images))
        return found[way][-1]

    for way in ("script", *WAYS):
        try:
            ask(way, size.warm_up)
            found[way] = []
        except WorkError as error:
            results.add(model=name, by=way, error=str(error))
    with contextlib.suppress(TimeoutError):  # the rounds that are whole count
        interleave({way: partial(timed, way) for way in found}, size.rounds)
    rounds = min(map(len, found.values()))
    if not rounds:
        raise TimeoutError
    for way, runs in found.items():
        seen = Rate.of([size.images / run["seconds"] for run in runs[:rounds]])
        row = {"model": name, "by": way, "images/s": seen, "rounds": rounds}
        if way != "script" and "script" in found:
            row["times the script"] = ratio(found["script"][:rounds], runs[:rounds])
        results.add(**row)


def side_by_side(results: Results, device: str, size: Size, deadline: Deadline) -> int:
    """Cells of Lab 1 in processes of their own on one device; how many of a GAN's were fastest."""
    results.note(
        f"{_how(size)}; all cells together by the slowest of them; memory of each, as above."
    )
    best = {0: 0.0}
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(max(size.processes)) as threads:
        workers = [stack.enter_context(Worker()) for _ in range(max(size.processes))]

        def ask(worker: Worker, **task: Any) -> Any:
            return worker.ask(deadline, **task)

        for name, cell in LAB:
            for recorded in (False, True):
                steps = "recorded" if recorded else "run"
                task = _task(cell, device, size, recorded=recorded)
                for n in size.processes:
                    row = {"model": name, "steps": steps, "cells": n}
                    try:
                        asked = [threads.submit(ask, w, **task) for w in workers[:n]]
                        answers = [each.result() for each in asked]
                    except WorkError as error:
                        results.add(**row, error=str(error))
                        continue
                    except TimeoutError:
                        results.note("Out of time; the rest skipped.")
                        return max(best, key=lambda n: best[n])
                    slowest = max(answers, key=lambda a: statistics.median(a["seconds"][1:]))
                    rate = _rate(slowest, size, n)
                    results.add(**row, **rate, **_memory(slowest))
                    if name == "GAN":
                        best[n] = max(best.get(n, 0.0), rate["images/s"])
    return max(best, key=lambda n: best[n])


def _task(
    cell: dict[str, Any], device: str, size: Size, images: int | None = None, **way: Any
) -> dict[str, Any]:
    common = {"do": "ours", "cell": cell, "device": device, "threads": 1}
    return {**common, "limit": images or size.images, "epochs": size.epochs, **way}


def _how(size: Size) -> str:
    counted = f"the median of {size.epochs - 1} epochs after the first"
    return f"{size.images:,} images an epoch, batch 128; {counted}"


def _rate(found: dict[str, Any], size: Size, cells: int = 1) -> dict[str, int]:
    return {"images/s": round(cells * size.images / statistics.median(found["seconds"][1:]))}


def _memory(found: dict[str, Any]) -> dict[str, int]:
    memory = found["memory_mb"]
    return {} if memory is None else {"memory, MB": round(memory)}
