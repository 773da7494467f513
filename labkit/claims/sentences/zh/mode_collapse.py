"""Mode collapse, in Chinese."""

import re
from collections.abc import Callable, Sequence
from itertools import product

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences import outcomes, verdicts
from labkit.claims.sentences.judged import Ahead
from labkit.claims.sentences.numbers import fits, place
from labkit.claims.sentences.outcomes import FEW_COLLAPSES, NAMED, Common
from labkit.claims.sentences.zh import names
from labkit.claims.sentences.zh.absence import (
    all_on_one,
    listed,
    nothing,
    shared_out,
    something,
    unknown,
)
from labkit.claims.sentences.zh.grammar import Numbers, at, of
from labkit.claims.sentences.zh.levels import pairs

RealValue = Callable[[str], float | None]
#: What does not follow from no collapse.
NOTHING_HELPED = Sentence("既然没有崩溃，就无法断定哪项设置避免了崩溃。")


def none(found: Absence) -> Sentence:
    """No generator collapsed, nor left out a class, where that was measured of all."""
    text = nothing(found) + unknown(found)
    if outcomes.every_class(found):
        text += f"；{'其' if found.n == 1 else '各自的'}样本都涵盖所有类别"
    return Numbers().sentence(f"没有：{text}。", [found])


def collapsed(found: Absence) -> Sentence:
    """How many did, and how many of them left a class out altogether."""
    gone, mild = outcomes.lost_a_class(found)
    told = all_on_one(found)
    told += f"；其中{gone}个几乎失去了某个类别" if gone and mild else ""
    return Numbers().sentence(f"有：{something(found)}{unknown(found)}{told}。", [found])


def uneven(found: Absence, each: Sequence[Configurations], real: RealValue) -> list[Sentence]:
    """How uneven classes are where some that did not collapse are no more even than some that did.

    `real` tells the class imbalance of as many real images of a data set, if it is known.
    """
    told = outcomes.uneven_too(found, each)
    if told is None:
        return []
    (shown, values), n = told, Numbers()
    shares = "到".join(n.shares("class imbalance of others", values, place(shown.dataset)))
    text = f"不过，未崩溃的模型类别占比也不均匀：{at(shown.dataset)}样本须有{shares}改变类别"
    return [n.sentence(f"{text}{_real(n, real(shown.dataset))}。", [found, shown])]


def covered(metric: str, each: Sequence[Ahead]) -> Sentence:
    """ "用z 32时覆盖率更高，24对比较中有23对如此；用Hinge时覆盖率更高，..."."""
    name = names.metric(metric)
    told = (f"用{names.level(f, v)}时{name}更高，{pairs(*contrasts)}" for f, v, contrasts in each)
    rows = [c for _, _, contrasts in each for c in contrasts]
    return Numbers().sentence(f"{'；'.join(told)}。", rows)


def others(found: Absence, gans: Absence) -> Sentence:
    """No GAN collapsed, but other models did."""
    text = f"有：{something(found)}{unknown(found)}；{nothing(gans)}{unknown(gans)}。"
    return Numbers().sentence(text, [found, gans])


def too(found: Absence) -> Sentence:
    """Other models collapsed, too: which, and what was seen in the first."""
    first = listed(found, f"（{_seen(found.hit[0])}）")
    return Numbers().sentence(f"其他模型中，{something(found)}：{first}。", [found])


def which(found: Absence) -> Sentence:
    """Which cells, and what was seen in each, in those that lost a class, or in the first."""
    cell, said, among = found.hit[0], _seen(found.hit[0]), outcomes.among(found)
    text = f"崩溃的是{listed(found, f'（{said}）', among)}。"
    for some in outcomes.told_of(found):
        each = [names.cell(c, among) + f"（{_seen(c)}）" * (c in some) for c in found.hit]
        named = f"{'、'.join(each[:-1])}和{each[-1]}".replace("）（", "，")
        whole = Numbers().sentence(f"崩溃的是{named}。", [found])
        if some and fits(whole):
            return whole
    if found.n == 1:
        text = f"其样本显示了这一点（{said}）。"
    elif found.every and not found.unknown:
        text = f"例如{names.cell(cell, among)}（{said}）。"
    return Numbers().sentence(text.replace("）（", "，"), [found])


def _seen(cell: Cell) -> str:
    """What the verdict on a cell's samples rests on, in a few words."""
    gone, reasons = (cell.collapse.classes, cell.collapse.reasons) if cell.collapse else ((), ())
    if len(gone) > NAMED:
        return f"几乎没有{len(gone)}个类别"
    if gone:
        return f"几乎没有{'数字' if gone[0].isdigit() else ''}{names.listing(gone)}"
    said = verdicts.told(reasons[0]) if reasons else "样本过于相似"
    # "占比过低：1 (1.1 %)" stands in brackets itself.
    return re.sub(r"\b(\d)仅占", r"数字\1仅占", re.sub(r" ?\((\S+) %\)", r"仅占\1%", said))


def by_level(found: Absence, factors: Sequence[str]) -> list[Sentence]:
    """What all that collapsed have in common, and how often it happened without it."""
    case, shared, factor = outcomes.helped(found, factors)
    if case == "one":
        return [Sentence("只有一个崩溃，不足以说明哪项设置有帮助。")]
    said = [_common(found, each) for each in shared]
    if case == "apart":
        said = [f"{something(found, shared_out(found, factor))}{_few(found)}。"]
    elif case == "everywhere":
        said = ["每项设置的每个取值都有崩溃：看不出哪项设置有帮助。"]
    sentences = (Numbers().sentence(text, [found]) for text in said)
    return next(([s] for s in sentences if fits(s)), [])


def _common(found: Absence, shared: Sequence[Common]) -> str:
    """ "两者都用Hinge和z 32；用BCE的6个、用z 64或128的8个都没有崩溃"."""
    spared = []
    for factor, _level, others, n in shared:
        other = "或".join(names.levels(factor, others)) if others else ""
        other = other or f"其他{names.factor(factor)}"
        spared.append(f"用{other}的{n}个")
    who = "两者" if len(found.hit) == 2 else "它们"
    common = names.listing(names.level(each.factor, each.level) for each in shared)
    return f"{who}都用{common}；{'、'.join(spared)}都没有崩溃{_few(found)}。"


def _few(found: Absence) -> str:
    """That so few collapses credit no setting, where they are few."""
    few = f"；仅{len(found.hit)}个崩溃，不足以说明哪项设置有帮助"
    return few if len(found.hit) < FEW_COLLAPSES else ""


def nearest(
    found: Absence, uneven: Sequence[Configurations], real: float | None
) -> Sentence | None:
    """What came nearest to a collapse, by its class shares; None where they were not measured.

    `real` is the class imbalance of as many real images of its data set, if that is known.
    """
    cell = outcomes.nearest_cell(uneven)
    if cell is None:
        return None
    n, which = Numbers(), names.cell(cell, Cells(found.asked))
    if odd := outcomes.odd_shares(cell):
        label, share, real_share = odd[0]
        told = f"其样本中{label}占{n.share(f'share of {label}', share)}，"
        told += f"而真实占比为{n.share(f'real share of {label}', real_share)}"
        for label, share, _real in odd[1:]:
            told += f"；{label}占{n.share(f'share of {label}', share)}"
        return n.sentence(f"最接近崩溃的是{which}：{told}。", uneven)
    alike = outcomes.most_uneven(found, cell)
    if len(alike) > 1:
        which = f"{of(cell.dataset)}{len(alike)}个{names.family(cell.family)}"
    start = f"类别占比最不均匀的是{which}："
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
    """ "...其样本须有28%改变类别（同样多的真实图像为0.9%）"."""
    n = Numbers()
    shown = "到".join(n.shares("class imbalance", values))
    return n.sentence(f"{start}其样本须有{shown}改变类别{match}{_real(n, real)}。", uneven)


def _real(n: Numbers, value: float | None) -> str:
    """ "（同样多的真实图像为0.9%）"; empty where that is not known."""
    if value is None:
        return ""
    return f"（同样多的真实图像为{n.share('class imbalance of real images', value)}）"
