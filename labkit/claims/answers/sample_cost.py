"""What does a sample cost, and how good is it? Arithmetic is counted; the FID is tested."""

from itertools import combinations

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import Asked
from labkit.claims.claim import Answer
from labkit.claims.finding import known
from labkit.claims.findings.configurations import configurations
from labkit.claims.findings.families import families
from labkit.claims.sentences import voice
from labkit.claims.table import Table


def answer(key: str, table: Table) -> Answer:
    """The arithmetic of a sample and of training family by family, and whose FID is ahead."""
    question, say, cells = QUESTIONS[key], voice(), table.cells
    fid = table.measure("proxy_fid")
    pairs = list(combinations(cells.families, 2))
    tested = [f for a, b in pairs for f in families(cells, a, b, fid, table)]
    # The arithmetic is that of the networks, whatever the data set.
    first = [cells.of(f).of(dataset=cells.of(f).datasets[0]) for f in cells.families]
    cost, training = (
        [configurations(part, table.measure(metric)) for part in first]
        for metric in (question.primary, "flops_per_image")
    )
    asked = Asked(key, table, tuple(tested), (*cost, *training))
    if len(known(cost)) < 2:
        return asked.answer(say.evidence.nothing(cost), rests_on=cost)
    why = [*say.setting.trained(known(training))]
    why += say.families.ranked(tested) if len(pairs) > 1 else []
    for a, b in pairs:
        why += say.telling.against([f for f in tested if {f.a, f.b} == {a, b}], asked.strengths)
    return asked.answer(say.setting.sampled(known(cost)), why, "sample_cost")
