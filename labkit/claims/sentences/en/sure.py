"""How sure an answer is, and what would settle it, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.findings.families import Families
from labkit.claims.findings.levels import Contrast
from labkit.claims.seeds_needed import STEPS
from labkit.claims.sentences.en import names

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Settle
    from labkit.claims.finding import Finding


def basis(found: Sequence[Finding], odd: Cell | None, among: Cells) -> str:
    """Whose noise was used, in a sentence; empty where nothing was measured.

    Args:
        found: the findings an answer rests on.
        odd: the cell that kept a reference from being used.
        among: the table, to name that cell.
    """
    noises = [f.noise for f in found if f.noise is not None]
    seeds = max((f.n_seeds for f in found), default=0)
    if not noises:
        if not seeds:
            return ""
        said = f"{names.counted(seeds, 'training')} per setting"
        if odd is not None:
            odd_one = names.cell(odd, among)
            return (
                f"{said}; {odd_one} departs so far from the rest that the usual run-to-run "
                "variation does not apply, so chance is not ruled out."
            )
        return f"{said}, so chance is not ruled out."
    if noises[0].source == "own":
        return f"{names.counted(seeds, 'seed')}, judged by their own variation."
    return (
        f"{names.counted(seeds, 'seed')}; the usual run-to-run variation is that of repeated "
        f"trainings of the same kind ({noises[0].name})."
    )


def settle(plan: Settle | None, found: Finding | None = None) -> str:
    """What would settle what matters most, in a sentence; empty where nothing is open.

    Args:
        plan: the run, or that none would do.
        found: what it would settle.
    """
    if plan is None:
        return ""
    what = ""
    if isinstance(found, Contrast):
        a, b = names.level(found.factor, found.a), names.bare(found.factor, found.b)
        what = f" {a} from {b}{names.on(found.dataset)}"
    if isinstance(found, Families):
        a, b = (names.family(f, several=True) for f in (found.a, found.b))
        what = f" {a} from {b}{names.on(found.dataset)}"
    if not plan.seeds:
        return f"even {names.count(STEPS[-1])} seeds would hardly tell{what or ' more'}."
    time = "" if plan.seconds is None else f", about {names.duration(plan.seconds)}"
    how = f" (`{plan.command}`{time})" if plan.command else (f" ({time[2:]})" if time else "")
    return f"{names.count(plan.seeds)} seeds would tell{what}{how}."
