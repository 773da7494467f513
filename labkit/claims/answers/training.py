"""What changed between the first and the last epoch?

Every loss of every setting: sign and percent, computed; no kind of loss against another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.answers.asked import Asked
from labkit.claims.findings.change import Change, change
from labkit.claims.measure import LOSSES
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.claim import Answer
    from labkit.claims.table import Table

#: At most so many settings are told one by one.
TOLD = 3


def answer(key: str, table: Table) -> Answer:
    """Which losses fell or rose, and by how much, largest changes first."""
    say = voice().change
    groups: dict[object, list[Cell]] = {}
    for cell in table.cells:
        groups.setdefault(cell.where[:-1], []).append(cell)
    changes = [_changes(group, table) for group in groups.values()]
    known = [found for each in changes if (found := [c for c in each if c.missing is None])]
    flat = tuple(c for each in known for c in each)
    asked = Asked(key, table, (), flat)
    if not known:
        return asked.answer(say.nothing(), rests_on=())
    known.sort(key=lambda each: -max(abs(c.percent or 0.0) for c in each))
    why = [s for each in known[:TOLD] for s in say.setting(each, table.cells)]
    kinds = {
        c.cells[0].settings.get("loss") or c.cells[0].settings.get("reconstruction") for c in flat
    }
    if len(kinds) > 1:
        why.append(say.not_ranked())
    picture = (
        "gan_loss_comparison" if any(c.family == "gan" for c in flat) else "vae_loss_comparison"
    )
    return asked.answer(say.direction(flat), why, picture=picture, rests_on=flat)


def _changes(group: list[Cell], table: Table) -> list[Change]:
    """The losses of one setting."""
    among = table.cells.of(group[0].family, group[0].dataset)
    label = "-".join(str(v) for n, v in group[0].where[:-1] if n in among.factors)
    return [
        change(group, table.measure(name), label)
        for name in LOSSES
        if any(name in c.first and name in c.last for c in group)
    ]
