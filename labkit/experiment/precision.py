"""Which arithmetic ``precision: auto`` stands for.

Decided once, when a store is begun, by the machine it is begun on: its plan keeps it, so that the
same file goes on in it on any machine. Torch is not asked, since importing it takes seconds.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.experiment.spec import OWN_CODE
from labkit.text.language import N_

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan

#: Families of which a study of cells paired over seeds, on both data sets, showed no loss in
#: bf16 (`scripts/precision_study.py`, docs/performance.md). A run of these alone may use it.
LOSES_NOTHING = ("gan", "vae")
#: What ``auto`` is, in a few words, for the documentation.
AUTO = "auto is bf16 for GANs and VAEs where processor or card multiply it, else fp32"
#: Why ``auto`` became what it did; a plan keeps the key.
REASONS = {
    "not shown": N_("that bf16 loses no quality has been shown for GANs and VAEs only"),
    "processor": N_("the processor multiplies bf16 itself"),
    "card": N_("the card multiplies bf16 itself"),
    "neither": N_("nothing known to multiply bf16 itself"),
    "earlier": N_("as in earlier runs into this store"),
}
#: From this compute capability on NVIDIA's cards multiply bf16 (Ampere, 2020).
CAPABLE = 8.0
_CPUINFO = Path("/proc/cpuinfo")
_SETS = {"avx512_bf16", "amx_bf16", "bf16"}  # the last one is ARM's


def decide(
    wanted: str, before: Plan | None, device: str, families: Iterable[str]
) -> tuple[str, str]:
    """The precision of a run's cells, and of ``auto`` the reason, a key of `REASONS`.

    ``auto`` keeps that of the plan `before`, the newest of the run's store, if there is one. It is
    one for all `families` of a run, so that they can be compared.
    """
    if wanted != "auto":
        return wanted, ""
    cells = before.cells if before else ()
    kept = {cell.precision for cell in cells if cell.code != OWN_CODE}
    if before is None or len(kept) != 1:
        return here(device) if set(families) <= set(LOSES_NOTHING) else ("fp32", "not shown")
    return kept.pop(), before.settings.get("precision_reason", "earlier")


def here(device: str = "auto") -> tuple[str, str]:
    """What ``auto`` is for GANs and VAEs in a new store on this machine, and why."""
    cards = [] if device in ("cpu", "mps") else _cards()
    if cards:
        return ("bf16", "card") if min(cards) >= CAPABLE else ("fp32", "neither")
    if device in ("auto", "cpu") and processor_multiplies_bf16():
        return "bf16", "processor"
    return "fp32", "neither"


def processor_multiplies_bf16() -> bool:
    """Whether the processor has instructions for products of bf16; known on Linux only."""
    try:
        with _CPUINFO.open(encoding="utf-8", errors="replace") as lines:
            named = next((line for line in lines if re.match("flags|Features", line)), "")
    except OSError:
        return False
    return bool(_SETS & set(named.split()))


@cache
def _cards() -> list[float]:
    """Compute capabilities of the NVIDIA cards, if the installed torch may use them."""
    torch, hidden = find_spec("torch"), os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if torch is None or torch.origin is None or hidden:
        return []
    asking = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        made_for = Path(torch.origin).with_name("version.py").read_text("utf-8")
        if not re.search(r"^cuda\b.*= *['\"]\d", made_for, re.MULTILINE):
            return []
        said = subprocess.run(asking, capture_output=True, text=True, timeout=20, check=True)
        return [float(line) for line in said.stdout.split()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
