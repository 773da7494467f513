"""What did the codes learn?

Tested: all pairs of weights of the information, on how often an image has its category's class.
"""

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import Asked, quality
from labkit.claims.claim import Answer
from labkit.claims.finding import known
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import configurations
from labkit.claims.sentences import voice
from labkit.claims.sentences.judged import of_setting
from labkit.claims.table import Table

#: Least accuracy with which categories are said to stand for classes, and for some of them.
CLASSES, SOME = 0.8, 0.4


def answer(key: str, table: Table) -> Answer:
    """How far the categories became classes, and whether that was for being paid for."""
    question, say = QUESTIONS[key], voice()
    cells = table.cells.filter(lambda c: c.family in question.families)
    measure = table.measure(question.primary)
    paid = quality(cells, table, measure.name, [f for f in question.factors if f in cells.factors])
    best = [configurations(cells.of(dataset=name), measure) for name in cells.datasets]
    lost = [f for f in (absence.finished(cells),) if f.hit]
    asked = Asked(key, table, tuple(paid.contrasts), (*best, *lost))
    if not known(best):
        return asked.answer(say.evidence.nothing(best, why="there are no categories"))
    why = [say.stability.failed(f) for f in lost]
    why += say.telling.best(paid.known, asked.strengths)
    degrees = [sum(f.values[0] >= least for least in (SOME, CLASSES)) for f in known(best)]
    return asked.answer(
        say.setting.categories(known(best), degrees), why, picture="code_information",
        reason=say.sure.likely(of_setting(question.factors[0], paid.known, asked.strengths)),
        rests_on=paid.contrasts or best,
    )  # fmt: skip
