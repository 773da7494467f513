"""Evidence of mode collapse (if any)? What helped?

Collapse is the measure's verdict on each cell's samples; one collapsed cell is evidence, and
none collapsing credits nothing with having prevented it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.answers.asked import Asked
from labkit.claims.answers.quality import quality
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import configurations
from labkit.claims.measure import first_measured
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.claim import Answer, Sentence
    from labkit.claims.table import Table

#: How varied the samples are, the first that was measured.
DIVERSITY = ("coverage", "recall", "vendi")
#: Settings whose effect on it is told.
TOLD = 2


def answer(key: str, table: Table) -> Answer:
    """Which cells collapsed, what came nearest, what those have in common, and coverage."""
    say = voice().mode_collapse
    gans = table.cells.of("gan")
    found = absence.collapse(gans)
    diversity = first_measured(DIVERSITY, gans)
    varied = quality(gans, table, diversity) if diversity else None
    uneven = [
        configurations(gans.of(dataset=d), table.measure("class_imbalance")) for d in gans.datasets
    ]
    told = tuple(varied.contrasts) if varied else ()
    asked = Asked(key, table, (), (found, *uneven, *told))
    covered = varied.told(asked.strengths, TOLD) if varied else []
    if found.missing is not None:
        return asked.answer(say.not_measured(found), covered, rests_on=[found])
    known = [u for u in uneven if u.order]
    why: list[Sentence] = []
    if found.hit:
        point = say.collapsed(found)
        why.append(say.which(found))
        why += say.by_level(found, list(gans.factors))
    else:
        point = say.none(found)
        worst = say.nearest(found, known)
        why += [worst] if worst is not None else []
        why.append(say.nothing_helped())
    cell = found.hit[0] if found.hit else say.nearest_cell(known)
    return asked.answer(
        point, [*why, *covered], picture=f"samples:{cell.run}" if cell else "class_coverage",
        reason=voice().sure.likely("mode_collapse" if found.hit else ""), rests_on=[found],
    )  # fmt: skip
