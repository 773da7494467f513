"""Do these runs reproduce the published values?"""

from __future__ import annotations

from labkit.claims.cells import Cells
from labkit.claims.claim import Answer
from labkit.claims.judge import Context
from labkit.claims.predicates.reproduces import reproduces
from labkit.claims.questions.essay import Essay


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """Each published value beside ours: reproduced, not reproduced, or not comparable."""
    drafts = [
        reproduces(cells, reference, context, key=str(i))
        for i, reference in enumerate(context.references, 1)
    ]
    essay = Essay(key, drafts, context)
    for claim in essay.claims:
        fields: dict[str, object] = {
            "metric": essay.words.metric(claim.predicate["metric"]),
            "source": claim.predicate["source"],
            "by": claim.predicate["by"],
        }
        if claim.verdict == "not measured":
            essay.add("reference.unmeasured", [claim], reason=claim.reasons[0], **fields)
            continue
        found = "reproduced" if claim.in_these_runs == "yes" else "missed"
        essay.add(
            f"reference.{found}",
            [claim],
            ours=claim.shown["ours"],
            published=claim.shown["published"],
            tolerance=claim.shown["tolerance"],
            **fields,
        )
    essay.certainty(essay.claims)
    return essay.answer()
