"""What influenced stability, in Chinese."""

from collections.abc import Sequence
from dataclasses import replace

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.levels import Contrast, Levels
from labkit.claims.measure import Measure
from labkit.claims.sentences import judged, outcomes
from labkit.claims.sentences.judged import Strengths
from labkit.claims.sentences.numbers import decimals_for, fits
from labkit.claims.sentences.zh import absence, grammar, levels, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import Strength


def not_measured(finished: Absence, unknown: Absence) -> Sentence:
    """Nothing in the table tells how a training went, but perhaps that all came to their end."""
    text = "表中没有FID逐轮变化的记录"
    if finished.here == "yes":
        text = f"{absence.nothing(finished)}，但表中没有逐轮的FID"
    return Numbers().sentence(f"未测量：{text}。", [unknown])


def steady(found: Absence, factors: Sequence[str]) -> Sentence:
    """No setting influenced anything: no training was unsteady."""
    which = "没有"
    if len(factors) == 2:
        which = "在这些训练中，{}和{}都无影响".format(*map(names.factor, factors))
    text = f"{which}：{absence.nothing(found)}{absence.unknown(found)}"
    return Numbers().sentence(f"{text}。", [found])


def influenced(found: Contrast, strength: Strength) -> Sentence:
    """The setting that made trainings steadier."""
    sides = (found.ahead, found.behind)
    better, worse = (names.bare(found.factor, v) for v in sides if v is not None)
    front, back = levels.sure(strength)
    text = f"{names.factor(found.factor)}：{grammar.on(found.dataset)}{better}{front}比{worse}稳定"
    return Numbers().sentence(f"{text}{back}。", [found])


def dominated(found: Sequence[Levels]) -> Sentence:
    """No setting stands out by the FID, but one by how far the discriminator was ahead."""
    least, most = names.levels(found[0].factor, (found[0].order[0], found[0].order[-1]))
    rivals, all_others = outcomes.least_dominated(found)
    most = "其他取值" if all_others else most
    at = "" if len(found) > 1 else grammar.at(found[0].dataset)
    text = f"{at}用{least}时判别器压制生成器的步数少于用{most}时，{levels.pairs(*rivals)}"
    return Numbers().sentence(f"按FID的回升看没有哪项设置突出；{text}。", found)


def notwithstanding(found: Absence, led: Sequence[Levels]) -> list[Sentence]:
    """That most which collapsed have the very setting with which the generator kept up best."""
    told = outcomes.notwithstanding(found, led)
    if told is None:
        return []
    has, of = told
    some = f"{of}个崩溃的GAN中有{has}个" if has < of else f"崩溃的{of}个GAN"
    level = names.level(led[0].factor, led[0].order[0])
    return [
        Numbers().sentence(f"不过，{some}{'' if has < of or of == 1 else '都'}用{level}。", [found])
    ]


def collapsed_alike(found: Absence, factors: Sequence[str]) -> list[Sentence]:
    """What all of several that collapsed have in common."""
    shared = outcomes.in_common(found, factors) if len(found.hit) > 1 else []
    if not shared:
        return []
    common = names.listing(names.level(each.factor, each.level) for each in shared)
    return [Numbers().sentence(f"{len(found.hit)}个崩溃的GAN都用{common}。", [found])]


def _risen(found: Absence, measure: Measure) -> str:
    known = outcomes.resolved(found, measure)
    risen = (
        "的FID中途一度回升（变差），幅度超出重新采样带来的波动" if known else "的FID在某一轮回升"
    )
    return f"{absence.hits(found)}{risen}{absence.unknown(found)}{absence.all_on_one(found)}"


def unsteady(
    found: Absence, measure: Measure, factor: str, factors: Sequence[str], led: Sequence[Levels]
) -> Sentence:
    """Some trainings were unsteady, and how they fall on the levels of one of the settings.

    `led` is a setting that went with how far the discriminator was ahead in many pairs, if any.
    """
    none, named = "没有哪项设置突出", [names.factor(f) for f in factors]
    text = f"；{_risen(found, measure)}。"
    whole = Numbers().sentence(f"{none}{text}", [found])
    if len(named) == 2:
        both = Numbers().sentence(f"{named[0]}和{named[1]}都不突出{text}", [found])
        whole = both if fits(both) else whole
    whole = dominated(led) if led else whole
    if outcomes.told_apart(found, factor):
        each = absence.shared_out(found, factor)
        text = f"就这些训练而言，是{names.factor(factor)}：{absence.something(found, each)}"
        return Numbers().sentence(f"{text}。", [found])
    return whole


def largest_rise(found: Absence, measure: Measure, counted: bool = False) -> list[Sentence]:
    """How far the FID rose again at most, and how often it never did, or, counted, did.

    Nothing where none rose by a measure that sees the last epoch alone.
    """
    n = Numbers()
    top = outcomes.rise(found, measure)
    if top.none:
        return [n.sentence("FID从未回升。", [found])] if top.whole else []
    fell = ""
    if top.never:
        never, of = top.never
        fell = f"{of}次训练中有{never}次的FID从未回升；"
    decimals = decimals_for([top.value, top.floor] if top.floor else [top.value])
    what = "回升幅度" if measure.name == "fid_drawdown" else names.metric(measure.name)
    value = n.value("largest rise", top.value, decimals)
    told = f"{fell}{what}最大为{value}"
    if top.drawn:
        drawn = n.value("what other samples change", top.floor, decimals)
        return [n.sentence(f"{told}；仅重新采样就能造成{drawn}的回升。", [found])]
    where = f"，见于{names.cell(top.cell, Cells(found.asked))}"
    risen = f"{_risen(found, measure)}；" if counted else ""
    tried = [
        n.sentence(f"{first}{told}{more}。", [found])
        for first in (risen, "")
        for more in (where, "")
    ]
    return [next(filter(fits, tried), tried[-1])]


def last_epoch(found: Absence) -> list[Sentence]:
    """That every training was best at its last epoch, where that is so; and one seed's rises."""
    if not outcomes.still_best(found):
        return []
    recovered = "回升后都已恢复：" if found.hit else ""
    last = f"{recovered}每个{names.family(found.family)}都在最后一轮达到最佳"
    return [Numbers().sentence(f"{last}{_of_one_seed(found)}。", [found])]


def _of_one_seed(found: Absence) -> str:
    """ "；在MNIST上只有种子42出现回升": chance, not a setting, told them apart."""
    return "".join(
        f"；{grammar.on(dataset)}只有种子{seed}出现回升"
        for dataset, seed in outcomes.rises_of_one_seed(found)
    )


def quality(
    said: Sequence[Sentence], found: Sequence[Levels], strengths: Strengths
) -> list[Sentence]:
    """Sentences on the samples' quality, the first of which says so; one, where nothing differs."""
    if not said:
        return []
    differ, once = judged.apart_in_quality(found, strengths)
    runs = "这些训练中，" if once else ""
    start = f"{runs}有差别的是样本质量：" if differ else "就样本质量而言，"
    if not (differ or once):
        nothing = f"{start}差别都在通常波动之内。"
        return [replace(said[0], text=nothing, numbers={}, shown={})]
    first = replace(said[0], text=start + said[0].text)
    return [first if fits(first) else said[0], *(said[1:] if differ else ())]


def failed(found: Absence) -> Sentence:
    named = f"：{absence.listed(found)}" if len(found.hit) <= outcomes.NAMED else ""
    return Numbers().sentence(f"{absence.something(found)}{named}。", [found])


def dominance(cells: Cells, found: Sequence[Levels], named: bool = False) -> list[Sentence]:
    """How often the discriminator overpowered the generator, and with which level least.

    `found` is the setting that went with it, an entry for each data set where it always did;
    `named` says whether the point has told so.
    """
    n = Numbers()
    values = [c.metrics["d_dominance"].value for c in cells if "d_dominance" in c.metrics]
    what = "压制生成器（一批图像中判对95%以上）"
    if not any(values):
        return [n.sentence(f"判别器从未{what}。")] if values else []
    alike = len({(f.order[0], f.order[-1]) for f in found}) == 1
    if named and fits(both := _from_to(found) if alike else _least(found, what="")):
        return [both]
    most = n.share("dominance, highest", max(values))
    at_most = "至多" if len(values) > 1 else ""
    one = outcomes.only_known(cells, "d_dominance")
    whose = f"{names.cell(one, cells)}的" if one is not None else ""
    told = n.sentence(f"{whose}判别器{at_most}在{most}的训练步中{what}。")
    least = len({f.order[0] for f in found}) == 1
    return [told, _least(found, "判别器压制最少的是")] if least else [told]


def likewise(found: Sequence[Levels]) -> Sentence:
    """Another setting, of two levels, that nearly always went with it, too."""
    first, other = names.levels(found[0].factor, found[0].order)
    pairs = levels.pairs(*(f.contrasts[0] for f in found))
    return Numbers().sentence(f"用{first}时也少于用{other}时，{pairs}。", found)


def _from_to(found: Sequence[Levels]) -> Sentence:
    """ "判对95%以上图像的步数，在MNIST上用z 32时占9%，用128时占15%"."""
    n, told = Numbers(), list[str]()
    extremes = (found[0].order[0], found[0].order[-1])
    least, most = names.levels(found[0].factor, extremes)
    for f in found:
        low, high = (n.measured(f, level, f.means[level], 0) for level in extremes)
        both = f"分别占{low}和{high}" if told else f"用{least}时占{low}，用{most}时占{high}"
        told.append(grammar.on(f.dataset) + both)
    return n.sentence(f"判对95%以上图像的步数，{'；'.join(told)}。", found)


def _least(found: Sequence[Levels], what: str) -> Sentence:
    """ "判别器压制最少的是z 32：在MNIST上占9%的步数（其余不少于14%）"."""
    n, told = Numbers(), list[str]()
    for f in found:
        least, other = (n.measured(f, v, f.means[v], 0) for v in f.order[:2])
        others = f"（其余不少于{other}）"
        told.append(f"{grammar.on(f.dataset)}占{least}{'' if told else '的步数'}{others}")
    level = names.level(found[0].factor, found[0].order[0])
    start = f"{what}{level}" if what else f"用{level}时判对95%以上图像的步数"
    return n.sentence(f"{start}：{'，'.join(told)}。", found)
