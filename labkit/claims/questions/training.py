"""What changed between the first and the last epoch?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Draft
from labkit.claims.judge import Context
from labkit.claims.measure import LOSSES
from labkit.claims.predicates.change import change
from labkit.claims.predicates.common import describe
from labkit.claims.questions.clauses import by_label, moved
from labkit.claims.questions.essay import Essay


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """Every loss of every setting: sign and percent, computed; no kind against another."""
    settings: dict[object, list[Cell]] = {}
    for cell in cells:
        settings.setdefault(cell.where[:-1], []).append(cell)
    drafts: list[Draft] = []
    for group in settings.values():
        drafts += _changes(group, cells.of(group[0].family, group[0].dataset), context)
    essay = Essay(key, drafts, context)
    measured = essay.of_kind("change")
    for claims in by_label(measured):
        essay.write(moved(essay, claims), claims)
    if not measured:
        essay.add("training.nothing")
    elif len({_kind(c.settings, c.family) for c in cells}) > 1:
        essay.add("training.not_ranked")
    essay.certainty(measured)
    return essay.answer()


def _changes(group: Sequence[Cell], among: Cells, context: Context) -> list[Draft]:
    """The losses of one setting, called by what tells it from the others of its family."""
    first = group[0]
    label = context.words.say("the", factor=context.words.family(first.family))
    if len({c.where[:-1] for c in among}) > 1:
        text = describe(first, among, context.words)
        label = context.words.say(
            "model_setting", family=context.words.family(first.family), setting=text
        )
    levels = [str(v) for n, v in first.where[:-1] if n in among.factors]
    return [
        change(
            Cells(tuple(group)),
            context.measure(name),
            context,
            label=label,
            key="-".join([first.family, *levels]),
        )
        for name in LOSSES
        if any(name in c.first and name in c.last for c in group)
    ]


def _kind(settings: Mapping[str, object], family: str) -> object:
    return settings.get("loss") or settings.get("reconstruction") or family
