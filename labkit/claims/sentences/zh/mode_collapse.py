"""Mode collapse, in Chinese."""

import re
from collections.abc import Mapping, Sequence
from itertools import product

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings import absence
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences import verdicts
from labkit.claims.sentences.judged import in_common, nearest_cell
from labkit.claims.sentences.numbers import fits
from labkit.claims.sentences.zh import names
from labkit.claims.sentences.zh.absence import listed, nothing, shared_out, something, unknown
from labkit.claims.sentences.zh.grammar import Numbers, of

#: A class is told of where its share differs by so much of the real share.
NOTABLE = 0.5
#: More other levels than that are not listed.
MANY = 2
#: Fewer collapses than that credit no setting with preventing them.
FEW = 4
#: Shares of samples in the wrong class that differ by less than this part of them are alike.
ALIKE = 0.1
#: What does not follow from no collapse.
NOTHING_HELPED = Sentence("既然没有崩溃，就无法断定哪项设置避免了崩溃。")


def none(found: Absence) -> Sentence:
    """No generator collapsed, nor left out a class, where that was measured of all."""
    text = nothing(found) + unknown(found)
    missing = [c.metrics.get("missing_classes") for c in found.cells]
    if all(m is not None and m.value == 0 for m in missing):
        text += f"；{'其' if found.n == 1 else '各自的'}样本都涵盖所有类别"
    return Numbers().sentence(f"没有：{text}。", [found])


def collapsed(found: Absence) -> Sentence:
    """How many did, and how many of them left a class out altogether."""
    gone = sum(c.collapse is not None and bool(c.collapse.classes) for c in found.hit)
    mild = len(found.hit) - gone
    told = f"；其中{gone}个缺失了类别，另外{mild}个没有缺失" if gone and mild else ""
    return Numbers().sentence(f"有：{something(found)}{unknown(found)}{told}。", [found])


def which(found: Absence) -> Sentence:
    """Which cells, and what was seen in the first of them, or in both."""
    cell, said = found.hit[0], _seen(found.hit[0])
    text = f"崩溃的是{listed(found, f'（{said}）')}。"
    if len(found.hit) == 2 < found.n:
        each = [f"{names.cell(c, Cells(found.asked))}（{_seen(c)}）" for c in found.hit]
        whole = Numbers().sentence(f"崩溃的是{'和'.join(each)}。", [found])
        text = whole.text if fits(whole) else text
    if found.n == 1:
        text = f"其样本显示了这一点（{said}）。"
    elif len(found.hit) == len(found.asked):
        text = f"例如{names.cell(cell, Cells(found.asked))}（{said}）。"
    return Numbers().sentence(text.replace("）（", "，"), [found])


def _seen(cell: Cell) -> str:
    """What the verdict on a cell's samples rests on, in a few words."""
    gone, reasons = (cell.collapse.classes, cell.collapse.reasons) if cell.collapse else ((), ())
    if gone:
        kind = "数字" if gone[0].isdigit() else ""
        return f"缺少{kind + names.listing(gone) if len(gone) < 4 else f'{len(gone)}个类别'}"
    said = verdicts.told(reasons[0]) if reasons else "样本过于相似"
    # "占比过低：1 (1.1 %)" stands in brackets itself.
    return re.sub(r"\b(\d)仅占", r"数字\1仅占", re.sub(r" ?\((\S+) %\)", r"仅占\1%", said))


def by_level(found: Absence, factors: Sequence[str]) -> list[Sentence]:
    """What all that collapsed have in common, and how often it happened without it."""
    if len(found.hit) == found.n:
        return []
    if len(found.hit) == 1:
        return [Sentence("只有一个崩溃，不足以说明哪项设置有帮助。")]
    shared = list(in_common(found, factors, MANY).items())
    said = [_common(found, dict(shared[:n])) for n in range(len(shared), 0, -1)]
    if not said and (factor := absence.separating(found, factors)):
        said = [f"{something(found, shared_out(found, factor))}。"]
    elif not said and all(hit for f in factors for hit, _ in absence.by_level(found, f).values()):
        said = ["每项设置的每个取值都有崩溃：看不出哪项设置有帮助。"]
    sentences = (Numbers().sentence(text, [found]) for text in said)
    return next(([s] for s in sentences if fits(s)), [])


def _common(found: Absence, without: Mapping[str, int]) -> str:
    """ "两者都用Hinge和z 32；用BCE的6个、用z 64或128的8个都没有崩溃"."""
    shared = {f: found.hit[0].settings[f] for f in without}
    spared = []
    for factor, n in without.items():
        rest = [v for v in Cells(found.cells).levels[factor] if v != shared[factor]]
        other = "或".join(names.levels(factor, rest))
        other = other if len(rest) <= MANY else f"其他{names.factor(factor)}"
        spared.append(f"用{other}的{n}个")
    who = "两者" if len(found.hit) == 2 else "它们"
    common = names.listing(names.level(f, v) for f, v in shared.items())
    few = f"；仅{len(found.hit)}个崩溃，不足以说明哪项设置有帮助" if len(found.hit) < FEW else ""
    return f"{who}都用{common}；{'、'.join(spared)}都没有崩溃{few}。"


def nearest(
    found: Absence, uneven: Sequence[Configurations], real: float | None
) -> Sentence | None:
    """What came nearest to a collapse, by its class shares; None where they were not measured.

    `real` is the class imbalance of as many real images of its data set, if that is known.
    """
    cell = nearest_cell(uneven)
    if cell is None:
        return None
    n, start = Numbers(), f"最接近崩溃的是{names.cell(cell, Cells(found.asked))}："
    every = ((share, of_real, label) for label, (share, of_real) in cell.shares.items())
    if odd := [each for each in every if abs(each[0] - each[1]) > NOTABLE * each[1]]:
        odd.sort(key=lambda each: each[0] / each[1])
        share, real_share, label = odd[0]
        told = f"其样本中{label}占{n.share(f'share of {label}', share)}，"
        told += f"而真实占比为{n.share(f'real share of {label}', real_share)}"
        share, real_share, label = odd[-1]
        if share > real_share:
            told += f"；{label}占{n.share(f'share of {label}', share)}"
        return n.sentence(f"{start}{told}。", uneven)
    values = [c.metrics["class_imbalance"].value for c in found.cells if c.dataset == cell.dataset]
    alike = [v for v in values if v >= (1 - ALIKE) * max(values)]
    if len(alike) > 1:
        few = f"{of(cell.dataset)}{len(alike)}个{names.family(cell.family)}"
        start = f"最接近崩溃的是{few}："
    tried = product((real, None), ("，类别占比才与真实图像一致", ""))
    said = (_to_change(start, alike, beside, match, uneven) for beside, match in tried)
    return next(filter(fits, said), None)


def _to_change(
    start: str,
    values: Sequence[float],
    real: float | None,
    match: str,
    uneven: Sequence[Configurations],
) -> Sentence:
    """ "...其样本须有28%改变类别（真实图像为0.9%）"."""
    n = Numbers()
    ends = {"lowest": min(values), "highest": max(values)} if len(values) > 1 else {"": values[0]}
    shown = dict.fromkeys(n.share(f"class imbalance {k}".strip(), v) for k, v in ends.items())
    text = f"{start}其样本须有{'到'.join(shown)}改变类别{match}"
    if real is not None:
        text += f"（真实图像为{n.share('class imbalance of real images', real)}）"
    return n.sentence(f"{text}。", uneven)
