"""What changed between the first and the last epoch?

Every loss of every setting: sign and percent, computed; no kind of loss against another.
"""

from labkit.claims.answers.asked import Asked
from labkit.claims.cell import Cell
from labkit.claims.claim import Answer
from labkit.claims.finding import known
from labkit.claims.findings import by_setting
from labkit.claims.findings.change import Change, change
from labkit.claims.measure import LOSSES
from labkit.claims.sentences import voice
from labkit.claims.table import Table

#: At most so many settings are told one by one.
TOLD = 3


def answer(key: str, table: Table) -> Answer:
    """Which losses fell or rose, and by how much, largest changes first."""
    say = voice().change
    each = [changes for group in by_setting(table.cells) if (changes := _changes(group, table))]
    flat = tuple(c for changes in each for c in changes)
    asked = Asked(key, table, (), flat)
    if not flat:
        return asked.answer(say.NOTHING)
    each.sort(key=lambda changes: -max(abs(c.percent or 0.0) for c in changes))
    why = [s for changes in each[:TOLD] for s in say.setting(changes, table.cells)]
    settings = [c.cells[0].settings for c in flat]
    if len({some.get("loss") or some.get("reconstruction") for some in settings}) > 1:
        why.append(say.NOT_RANKED)
    family = "gan" if any(c.family == "gan" for c in flat) else "vae"
    return asked.answer(say.direction(flat), why, f"{family}_loss_comparison", rests_on=flat)


def _changes(group: list[Cell], table: Table) -> list[Change]:
    """The losses of one setting whose first and last values are known."""
    among = table.cells.of(group[0].family, group[0].dataset)
    label = "-".join(str(v) for n, v in group[0].where[:-1] if n in among.factors)
    return known(change(group, table.measure(name), label) for name in LOSSES)
