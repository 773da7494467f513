"""Was it worth growing the networks?

Tested: growing against the same networks at full size, on as many images. For as much arithmetic
the settings as a whole are told.
"""

from collections.abc import Iterator

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import Asked, quality
from labkit.claims.cell import Cell
from labkit.claims.claim import Answer
from labkit.claims.finding import known
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import Configurations, configurations
from labkit.claims.sentences import voice
from labkit.claims.sentences.judged import of_setting
from labkit.claims.table import Table

#: Two trainings took about as much arithmetic if the one took so much of the other's.
ALIKE = (0.9, 1.1)


def answer(key: str, table: Table) -> Answer:
    """Growing against full size, for as many images and for as much arithmetic."""
    question, say = QUESTIONS[key], voice()
    cells = table.cells.filter(lambda c: c.family in question.families)
    grown = quality(cells, table, question.primary, question.factors)
    measure = table.measure(question.primary)
    whole = [configurations(cells.of(dataset=name), measure) for name in cells.datasets]
    lost = [f for f in (absence.finished(cells),) if f.hit]
    asked = Asked(key, table, tuple(grown.contrasts), (*whole, *lost))
    if not grown.known:
        return asked.answer(say.evidence.nothing(whole), rests_on=whole)
    point, *rest = say.telling.best(grown.known, asked.strengths)
    even = [pair for each in known(whole) for pair in _even(each)]
    factor = question.factors[0]
    return asked.answer(
        point, [*(say.stability.failed(f) for f in lost), *rest, *say.setting.arithmetic(even)],
        reason=say.sure.likely(of_setting(factor, grown.known, asked.strengths)),
    )  # fmt: skip


def _even(found: Configurations) -> Iterator[tuple[Configurations, int, int, float]]:
    """The places, in the order, of growing and of full size for about as much arithmetic.

    With it how much of the arithmetic of growing that at full size took; nothing without such.
    """
    taken = [_arithmetic(cell) for cell in found.order]
    ways = [cell.settings.get("growth") for cell in found.order]
    for i, (way, own) in enumerate(zip(ways, taken, strict=True)):
        if way == "progressive" and own:
            whole = ((k, t / own) for k, t in enumerate(taken) if t and ways[k] == "at_once")
            even = (each for each in whole if ALIKE[0] <= each[1] <= ALIKE[1])
            if best := next(even, None):  # the best of them, since places are in order
                yield (found, i, *best)
            return


def _arithmetic(cell: Cell) -> float | None:
    """That of a training, for each of its images; None where the table does not say."""
    found, epochs = cell.metrics.get("flops_per_image"), cell.settings.get("epochs", 1)
    return found.value * epochs if found and isinstance(epochs, int) else None
