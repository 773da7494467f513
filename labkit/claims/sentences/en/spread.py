"""How a measure's spread divides, in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.spread import Spread
    from labkit.claims.verdict import Strength


def statement(found: Spread, strength: Strength) -> Sentence:
    """ "Of the spread of proxy FID on MNIST, z dimension has 37 %, loss 5 %, ..., noise 50 %"."""
    n = Numbers()
    on = names.on(found.dataset)
    parts = [
        f"the {names.factor(f)} has {n.share(f'{f}, share{on}', share)}" if i == 0
        else f"the {names.factor(f)} {n.share(f'{f}, share{on}', share)}"
        for i, (f, share) in enumerate(found.shares.items())
    ]  # fmt: skip
    together = n.share(f"combination{on}", found.combination)
    if found.rest is None:
        parts.append(f"how they combine, or noise, {together}")
    else:
        parts.append(f"how they combine {together}")
        parts.append(f"noise {n.share(f'noise{on}', found.rest)}")
    return n.sentence(
        f"of the spread of {names.metric(found.metric)}{on}, {names.listing(parts)}.", [found]
    )
