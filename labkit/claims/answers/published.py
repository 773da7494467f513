"""Do these runs reproduce the published values?"""

from labkit.claims.answers.asked import Asked
from labkit.claims.claim import Answer
from labkit.claims.finding import known
from labkit.claims.findings.published import published
from labkit.claims.sentences import voice
from labkit.claims.table import Table

#: At most so many values are told one by one: those that differ most, for their tolerance.
TOLD = 4


def answer(key: str, table: Table) -> Answer:
    """How many are reproduced, and those that are furthest off."""
    say = voice()
    found = [published(i, value, table) for i, value in enumerate(table.published, 1)]
    asked = Asked(key, table, tuple(found))
    furthest = sorted(known(found), key=lambda f: -abs(f.estimate or 0.0) / (f.tolerance or 1.0))
    why = [say.telling.statement(f, asked.strengths[f.id]) for f in furthest[:TOLD]]
    return asked.answer(say.evidence.reproduced(found), why)
