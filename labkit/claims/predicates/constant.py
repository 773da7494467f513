"""What was held fixed, and so is untested."""

from __future__ import annotations

from dataclasses import replace

from labkit.claims.cells import Cells
from labkit.claims.claim import Draft
from labkit.claims.judge import Context
from labkit.claims.predicates import common


def held_constant(cells: Cells, context: Context) -> Draft:
    """The claim, never measured, about every setting with one level in these cells."""
    words = context.words
    constants = cells.constants
    named = words.listing(words.factor(n) for n in constants)
    family = cells.families[0] if cells.families else "all"
    draft = Draft(
        id=f"constant.{family}",
        scope=common.scope_of(cells, words),
        dataset="",
        predicate={"kind": "constant", "settings": list(constants), "words": named},
        writer=context.writer(),
        topic=words.say("topic.constant", settings=named or words.say("other_settings")),
        cells=tuple(cells),
        rule=words.say("rule.constant"),
    )
    if not constants:
        return replace(draft, missing=(words.say("missing.constant_none"),))
    for name, level in constants.items():
        draft.writer.level(name, level)
    values = words.listing(words.named(n, v) for n, v in constants.items())
    return replace(draft, missing=(words.say("missing.constant", values=values),))
