"""How many steps a sample needs, setting by setting, and its FID; nothing is tested."""

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import Asked
from labkit.claims.claim import Answer
from labkit.claims.finding import known
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import configurations
from labkit.claims.sentences import voice
from labkit.claims.table import Table


def answer(key: str, table: Table) -> Answer:
    """The fewest steps on each data set, and which setting had the best samples."""
    question, say = QUESTIONS[key], voice()
    cells = table.cells.filter(lambda c: c.family in question.families)
    steps, quality = (
        [
            configurations(cells.of(family, dataset), table.measure(metric))
            for family in cells.families
            for dataset in cells.of(family).datasets
        ]
        for metric in (question.primary, "proxy_fid")
    )
    lost = [f for f in (absence.finished(cells),) if f.hit]
    asked = Asked(key, table, (), (*steps, *quality, *lost))
    if not known(steps):
        return asked.answer(say.evidence.nothing(steps), rests_on=steps)
    point, *rest = say.setting.steps(known(steps))
    why = [*(say.stability.failed(f) for f in lost), *rest, *say.setting.samples(known(quality))]
    few = all(max(f.values) <= 8 for f in known(steps))  # up to 32 are compared
    reason = say.sure.likely("straight_paths" if few else "")
    return asked.answer(point, why, picture="sampling", reason=reason, rests_on=steps)
