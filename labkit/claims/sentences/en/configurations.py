"""Whole settings from best to worst, in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.cells import Cells
from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_of, typed_decimals

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.verdict import Strength


def statement(found: Configurations, strength: Strength) -> Sentence:
    """The best setting and the next: a row of the evidence."""
    n, among = Numbers(), Cells(found.cells)
    best, *rest = found.values
    value = measured(n, found, "best", best)
    name = names.cell(found.best, among, seeds=False)
    of = f" of {names.plural(names.family(found.family))}" if found.family else ""
    what = f"the best {names.metric(found.metric)}{of}{names.on(found.dataset)}"
    if not rest:
        return n.sentence(f"{what} is that of the one setting ({value}).", [found])
    if found.here == "tie":
        tied = names.counted(found.tied, "setting")
        return n.sentence(f"{tied} tie for {what} ({value}).", [found])
    other = names.cell(found.order[1], among, seeds=False)
    led = f", ahead {_seeds(found)}" if found.n_seeds > 1 else ""
    return n.sentence(
        f"{what} is that of {name} ({value}), before {other} ({measured(n, found, 'next', rest[0])})"
        f"{led}.", [found],
    )  # fmt: skip


def _seeds(found: Configurations) -> str:
    """ "in two of three seeds"."""
    seeds = names.counted(found.n_seeds, "seed")
    if found.led == found.n_seeds:
        return "in both seeds" if found.led == 2 else f"in all {seeds}"
    return f"in {names.count(found.led) if found.led else 'none'} of {seeds}"


def measured(n: Numbers, found: Configurations, name: str, value: float) -> str:
    """A value of the finding's metric as people say it."""
    key = f"{found.metric}, {name}{names.on(found.dataset)}"
    decimals = decimals_of(found.metric, found.values[:2], typed_decimals([found]))
    return n.measured(found.metric, key, value, decimals)
