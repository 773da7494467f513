"""What a loss did between the first epoch and the last, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.claim import Sentence
from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_for, fits

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.findings.change import Change
    from labkit.claims.verdict import Strength


def statement(found: Change, strength: Strength) -> Sentence:
    """The statement with both ends: a row of the evidence."""
    n = Numbers()
    return n.sentence(
        f"{names.metric(found.metric)} {moved(n, found)}{names.on(found.dataset)}.", [found]
    )


def moved(n: Numbers, found: Change) -> str:
    """ "fell from 0.72 to 0.46 (by 36 %)"."""
    typed = [
        d
        for c in found.cells
        for m in (c.first.get(found.metric), c.last.get(found.metric))
        if m is not None and (d := m.decimals) is not None
    ]
    decimals = min(typed) if typed else decimals_for((found.first, found.last))
    key = f"{found.metric}, {found.label or 'all'}{names.on(found.dataset)}"
    first = n.value(f"{key}, first", found.first, decimals)
    last = n.value(f"{key}, last", found.last, decimals)
    if found.here == "tie":
        return f"stayed at {first}"
    verb = "rose" if found.last > found.first else "fell"
    percent = found.percent
    tail = ""
    if percent is not None:
        digits = 0 if abs(percent) >= 10 else 1
        tail = f" (by {n.value(f'{key}, percent', abs(percent), digits)} %)"
    return f"{verb} from {first} to {last}{tail}"


def direction(found: Sequence[Change]) -> Sentence:
    """Which losses fell, which rose, over all settings."""
    by_metric: dict[str, list[Change]] = {}
    for each in found:
        by_metric.setdefault(each.metric, []).append(each)
    same: dict[tuple[str, int], list[str]] = {}
    for metric, changes in by_metric.items():
        fell = sum(c.last < c.first and c.here != "tie" for c in changes)
        rose = sum(c.last > c.first and c.here != "tie" for c in changes)
        total, name = len(changes), f"the {names.metric(metric)}"
        if total in (fell, rose) or not fell + rose:
            verb = "fell" if fell else "rose" if rose else "did not move"
            same.setdefault((verb, total), []).append(name)
        else:
            verb, n = ("fell", fell) if fell >= rose else ("rose", rose)
            same.setdefault((f"{verb} in {names.count(n)} of", total), []).append(name)
    parts = [
        f"{names.listing(metrics)} {verb} {names.counted(total, 'setting') if verb.endswith(' of') else _everywhere(total)}"
        for (verb, total), metrics in same.items()
    ]
    text = "; ".join([parts[0], *(part.removesuffix(" settings") for part in parts[1:])])
    return Numbers().sentence(f"{text}.", found)


def _everywhere(n: int) -> str:
    """ "in all twelve settings"."""
    if n < 3:
        return "in the one setting" if n == 1 else "in both settings"
    return f"in all {names.count(n)} settings"


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


def not_ranked() -> Sentence:
    """Why no setting is called better by its loss."""
    return Sentence("Losses of different kinds are not comparable with each other.")


def nothing() -> Sentence:
    """Nothing of the first epoch is known."""
    return Sentence("Not measured: there are no values of the first epoch.")
