"""The conclusion's own lines, in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_for, typed_decimals

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.configurations import Configurations

#: More settings than that are counted, not named.
NAMED = 2


def best(found: Sequence[Configurations], among: Cells) -> list[Sentence]:
    """The best setting of each data set, whatever its family, and those nothing tells from it."""
    if not found:
        return []
    n, parts = Numbers(), []
    for each in found:
        decimals = decimals_for(each.values[:1], typed_decimals([each]))
        value = n.value(f"{each.metric}, best{names.on(each.dataset)}", each.values[0], decimals)
        parts.append(f"{_who(each, among)} ({value}){names.on(each.dataset)}")
    text = f"the best samples of these runs, by {names.metric(found[0].metric)}, are those of"
    return [n.sentence(f"{text} {names.listing(parts)}.", found)]


def _who(found: Configurations, among: Cells) -> str:
    """ "a GAN with hinge, z 32", "a VAE with latent 8 or 16", "one of four settings"."""
    if found.tied > NAMED:
        return f"any of {names.count(found.tied)} settings"
    top = found.order[: found.tied]
    families = list(dict.fromkeys(c.family for c in top))
    each = []
    for family in families:
        told = [
            names.cell(c, among.of(family, found.dataset), seeds=False)
            for c in top
            if c.family == family
        ]
        name = names.family(family)
        each.append(f"a {name}" if told == [name] else f"a {name} with {' or '.join(told)}")
    return " or ".join(each)


def converged(cells: Cells) -> Sentence | None:
    """How many trainings were best at their last epoch; None where that says nothing."""
    known = [
        (c.best_epoch, c.settings["epochs"])
        for c in cells
        if c.best_epoch is not None and isinstance(c.settings.get("epochs"), int)
    ]
    last = sum(best == epochs for best, epochs in known)
    if len(known) < 2 or 2 * last < len(known):
        return None
    all_ = "all" if last == len(known) else f"{names.count(last)} of"
    return Numbers().sentence(
        f"{all_} {names.counted(len(known), 'training')} were best at their last epoch: longer "
        "training would likely lower the FID."
    )


def point(topic: str, text: str) -> str:
    """An answer's point beside what it answers: "Mode collapse: none of the twelve ..."."""
    plain = re.sub(r"^(None|No|Yes): ", "", text)
    lower = plain[0].lower() + plain[1:] if plain[1:2].islower() else plain
    return f"{topic}: {lower}"
