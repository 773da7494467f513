"""What a loss did between the first epoch and the last, in English."""

from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.change import Change
from labkit.claims.sentences import models
from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_of_change, fits, place
from labkit.claims.verdict import Strength

WENT = {1: "rose", -1: "fell", 0: "did not move"}
#: Why no setting is called better by its loss.
NOT_RANKED = Sentence("Losses of different kinds are not comparable with each other.")
NOTHING = Sentence("Not measured: there are no values of the first epoch.")


def statement(found: Change, strength: Strength) -> Sentence:
    """The statement with both ends: a row of the evidence."""
    n, of, on = Numbers(), f" of {found.label}" if found.label else "", place(found.dataset)
    metric = "tracking FID" if models.tracked(found) else names.metric(found.metric)
    return n.sentence(f"{metric}{of} {moved(n, found)}{on}.", [found])


def moved(n: Numbers, found: Change) -> str:
    """ "fell from 0.72 to 0.46 (by 36 %)"."""
    decimals = decimals_of_change(found)
    key = f"{found.metric}, {found.label or 'all'}{place(found.dataset)}"
    first = n.value(f"{key}, first", found.first, decimals)
    last = n.value(f"{key}, last", found.last, decimals)
    if not found.went:
        return f"stayed at {first}"
    tail = ""
    if found.percent is not None:
        tail = f" (by {n.rough(f'{key}, percent', abs(found.percent))} %)"
    return f"{WENT[found.went]} from {first} to {last}{tail}"


def direction(found: Sequence[Change]) -> Sentence:
    """Which losses fell, which rose, over all settings."""
    first, *rest = (
        f"{names.listing(f'the {names.metric(each)}' for each in metrics)} "
        f"{WENT[way]} in {names.part(some, n, 'setting')}"
        for (way, some, n), metrics in models.directions(found).items()
    )
    text = "; ".join([first, *(part.removesuffix(" settings") for part in rest)])
    return Numbers().sentence(f"{text}.", found)


def setting(found: Sequence[Change], among: Cells, where: str = "") -> list[Sentence]:
    """One setting's losses, in as few sentences as can be read; ``where`` once it was named."""
    name = where or f"with {names.cell(found[0].cells[0], among, seeds=False)},"
    n = Numbers()
    parts = [f"the {names.metric(each.metric)} {moved(n, each)}" for each in found]
    whole = n.sentence(f"{name} {names.listing(parts)}.", found)
    if fits(whole) or len(found) == 1:
        return [whole]
    half = (len(found) + 1) // 2
    return [*setting(found[:half], among), *setting(found[half:], among, "there")]
