"""What a loss did between the first epoch and the last, in English."""

from collections import defaultdict
from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.change import Change
from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_for, fits
from labkit.claims.verdict import Strength

#: Why no setting is called better by its loss.
NOT_RANKED = Sentence("Losses of different kinds are not comparable with each other.")
NOTHING = Sentence("Not measured: there are no values of the first epoch.")


def statement(found: Change, strength: Strength) -> Sentence:
    """The statement with both ends: a row of the evidence."""
    n, of, on = Numbers(), f" of {found.label}" if found.label else "", names.on(found.dataset)
    # What labkit records of every epoch is measured with fewer samples.
    tracked = found.metric == "proxy_fid" and not any(cell.from_table for cell in found.cells)
    metric = "tracking FID" if tracked else names.metric(found.metric)
    return n.sentence(f"{metric}{of} {moved(n, found)}{on}.", [found])


def moved(n: Numbers, found: Change) -> str:
    """ "fell from 0.72 to 0.46 (by 36 %)"."""
    ends = (end.get(found.metric) for c in found.cells for end in (c.first, c.last))
    typed = [m.decimals for m in ends if m is not None and m.decimals is not None]
    decimals = min(typed) if typed else decimals_for((found.first, found.last))
    key = f"{found.metric}, {found.label or 'all'}{names.on(found.dataset)}"
    first = n.value(f"{key}, first", found.first, decimals)
    last = n.value(f"{key}, last", found.last, decimals)
    if found.here == "tie":
        return f"stayed at {first}"
    tail = ""
    if found.percent is not None:
        size = abs(found.percent)
        tail = f" (by {n.value(f'{key}, percent', size, 0 if size >= 10 else 1)} %)"
    return f"{'rose' if found.last > found.first else 'fell'} from {first} to {last}{tail}"


def direction(found: Sequence[Change]) -> Sentence:
    """Which losses fell, which rose, over all settings."""
    by_metric: dict[str, list[Change]] = defaultdict(list)
    for each in found:
        by_metric[each.metric].append(each)
    same: dict[str, list[str]] = defaultdict(list)
    for metric, changes in by_metric.items():
        fell = sum(c.last < c.first and c.here != "tie" for c in changes)
        rose = sum(c.last > c.first and c.here != "tie" for c in changes)
        verb, n = ("fell", fell) if fell >= rose else ("rose", rose)
        where = names.part(n or len(changes), len(changes), "setting")
        same[f"{verb if n else 'did not move'} in {where}"].append(f"the {names.metric(metric)}")
    first, *rest = (f"{names.listing(metrics)} {verb}" for verb, metrics in same.items())
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
