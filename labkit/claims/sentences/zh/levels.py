"""Levels of a factor against each other, in Chinese."""

from collections.abc import Sequence
from typing import Any

from labkit.claims.cell import Level
from labkit.claims.claim import Sentence
from labkit.claims.finding import Comparison
from labkit.claims.findings.levels import Contrast, Course, Levels
from labkit.claims.sentences import judged
from labkit.claims.sentences.judged import LISTED, Standing, Strengths
from labkit.claims.sentences.numbers import dataset_label, decimals_of, fits
from labkit.claims.sentences.zh import grammar, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import FIRM, Strength, weakest

#: A level that is ahead, by how sure that is; where nothing is known of noise, pairs are counted.
AHEAD = {
    "clear": "差距明显",
    "beyond usual": "差距超出通常的训练间波动",
    "within noise": "差距在通常波动之内",
    "level": "但差距小到无法区分",
}


def contrast(found: Contrast, strength: Strength) -> Sentence:
    """The statement of one pair of levels: a row of the evidence."""
    n, at = Numbers(), grammar.at(found.dataset)
    values = against(n, found, found.a, found.b)
    if found.ahead is None or found.behind is None:
        a, b = (names.level(found.factor, v) for v in (found.a, found.b))
        return n.sentence(f"{at}{a}与{b}持平（{values}）。", [found])
    first, other = (names.level(found.factor, v) for v in (found.ahead, found.behind))
    values = against(n, found, found.ahead, found.behind)
    tail = pairs(found) if strength == "seen once" else AHEAD.get(strength, "")
    return n.sentence(f"{at}{first}优于{other}{tail and f'，{tail}'}（{values}）。", [found])


def together(each: Sequence[Standing]) -> Sentence:
    """ "在两个数据集上，Hinge优于BCE，6对比较中有5对如此（FID：MNIST 3.6对4.0；...）"."""
    n, contrasts = Numbers(), [s.found.contrasts[0] for s in each]
    first, second = each[0].found.order
    told = (against(n, c, first, second, label=False) for c in contrasts)
    values = [f"{dataset_label(c.dataset)} {v}" for c, v in zip(contrasts, told, strict=True)]
    front, back = _tail(each[0].strength, contrasts)
    winner, other = names.levels(contrasts[0].factor, (first, second))
    lead = f"在{names.everywhere(len(each))}上，{winner}{front}优于{other}{back}"
    label = names.measured(contrasts[0])
    return n.sentence(f"{lead}（{label}：{'；'.join(values)}）。", [s.found for s in each])


def everywhere(each: Sequence[Standing]) -> Sentence:
    """ "在两个数据集上，z 32的样本最好（FID：MNIST 3.2，64为4.2，128为4.0；...）"."""
    n, first, parts = Numbers(), each[0].found, list[str]()
    rivals = [v for v in first.means if v != first.order[0]]
    for s in each:
        others = (f"，{names.bare(first.factor, v)}为{n.mean(s.found, v)}" for v in rivals)
        mine = f"{dataset_label(s.found.dataset)} {n.mean(s.found, first.order[0])}"
        parts.append(mine + "".join(others))
    return n.sentence(_best_of_all(each, parts), _rests_on(each))


def next_best(each: Sequence[Standing], told: int) -> Sentence:
    """ "在两个数据集上，z 32的样本最好（FID：MNIST 3.2，次优128为4.0；...）"."""
    n, parts = Numbers(), list[str]()
    for found in (s.found for s in each[:told]):
        best, other = (n.mean(found, v) for v in found.order[:2])
        after = names.bare(found.factor, found.order[1])
        parts.append(f"{dataset_label(found.dataset)} {best}，次优{after}为{other}".strip())
    return n.sentence(_best_of_all(each, parts), _rests_on(each))


def _best_of_all(each: Sequence[Standing], values: Sequence[str]) -> str:
    found = each[0].found
    front, back = _tail(each[0].strength, [c for s in each for c in s.found.rivals])
    did = f"{front}领先" if each[0].strength == "within noise" else _did(found, front)
    who = f"在{names.everywhere(len(each))}上，{names.level(found.factor, found.order[0])}"
    shown = f"（{names.measured(found)}：{'；'.join(values)}）" if values else ""
    return f"{who}{did}{back}{_yet(each)}{shown}。"


def _yet(each: Sequence[Standing]) -> str:
    """ "，但按召回率最低": another measure turns the order round, on these data sets."""
    turned = [s.beside for s in each if s.beside is not None]
    if not turned:
        return ""
    where = names.listing(dataset_label(f.dataset) for f in turned)
    on = f"在{where}上" if len(turned) < len(each) else ""
    return f"，但{on}按{names.metric(turned[0].metric)}排在最后"


def _rests_on(each: Sequence[Standing]) -> list[Levels]:
    return [f for s in each for f in (s.found, s.beside) if f is not None]


def _did(found: Levels, front: str) -> str:
    """What the best level did: "的样本最好", "的KL项最好"."""
    told = names.BEST.get(found.metric, f"的{names.metric(found.metric)}{{sure}}最好")
    return told.format(sure=front)


def one(s: Standing, strengths: Strengths, listed: int = LISTED) -> Sentence:
    """ "在MNIST上，z 32的样本最好（FID 3.2，64为4.2，128为4.0）"."""
    found, winner = s.found, s.found.order[0]
    top = judged.leaders(found, strengths)
    rest = [v for v in found.order if v not in top]
    if len(top) > 1:
        return _level_at_the_top(found, top, rest, strengths)
    n = Numbers()
    values = f"{names.measured(found)} {n.mean(found, winner)}{_others(n, found, rest, listed)}"
    beaten, strength, rivals = judged.ahead_of(s, strengths)
    front, back = _tail(strength, rivals)
    did = f"{front}领先{back}"
    if beaten:
        called = names.levels(found.factor, beaten)
        called = called if len(rest) > 1 else [names.bare(found.factor, beaten[0])]
        did = f"{front}优于{names.listing(called)}{back}"
    elif found.metric in names.BEST and s.strength in (*FIRM, "seen once"):
        did = f"{_did(found, front)}{back}"
    text = f"{grammar.at(found.dataset)}{names.level(found.factor, winner)}{did}{_yet([s])}（{values}）。"
    said = n.sentence(text, _rests_on([s]))
    return said if fits(said) or listed < len(rest) else one(s, strengths, listed=1)


def extreme(found: Levels) -> Sentence:
    """ "在MNIST上，BCE的代理FID最高（184对147）": no level is called better."""
    n, (first, *rest) = Numbers(), found.order
    which = "最高" if found.towards > 0 else "最低"
    had = f"{names.level(found.factor, first)}的{names.metric(found.metric)}{which}"
    values = f"{n.mean(found, first)}{_others(n, found, rest)}"
    return n.sentence(f"{grammar.at(found.dataset)}{had}（{values}）。", [found])


def _level_at_the_top(
    found: Levels, top: Sequence[Level], rest: Sequence[Level], strengths: Strengths
) -> Sentence:
    """ "在MNIST上，潜在维度8和16持平（FID 9.2），优于32（10.1）"."""
    n = Numbers()
    each = [n.mean(found, v, apart=False) for v in top]
    shown = each[0] if len(set(each)) == 1 else names.listing(each)
    level = names.listing(names.levels(found.factor, top))
    text = f"{grammar.at(found.dataset)}{level}持平（{names.measured(found)} {shown}）"
    if rest:
        behind = [found.between(found.order[0], v) for v in rest]
        front, back = sure(weakest([strengths[c.id] for c in behind]))
        values = names.listing(n.mean(found, v, apart=False) for v in rest)
        others = names.listing(names.bare(found.factor, v) for v in rest)
        text += f"，{front}优于{others}（{values}）{back}"
    return n.sentence(f"{text}。", [found])


def sure(strength: Strength) -> tuple[str, str]:
    """What stands before "领先", and behind its clause, for a strength that needs no counts."""
    if strength == "clear":
        return "明显", ""
    return "", f"，{AHEAD[strength]}" if strength in AHEAD else ""


def _tail(strength: Strength, contrasts: Sequence[Contrast]) -> tuple[str, str]:
    """What stands before and after "领先" for a strength."""
    if strength in FIRM:
        return sure(strength)
    counted = pairs(*contrasts)
    if strength == "seen once":
        two = len({v for c in contrasts for v in (c.a, c.b)}) == 2
        return "", f"，{counted}" if two else ""
    far = AHEAD.get(strength, "")
    if judged.in_every_pair(contrasts):
        far = far.replace("差距在", "但差距仍在")
    return "", f"，{counted}，{far}" if far else ""


def pairs(*contrasts: Contrast) -> str:
    """ "6对比较中有5对如此", "仅有一对比较"."""
    wins, pairs = judged.won(contrasts)
    if pairs == 1:
        return "仅有一对比较"
    told = names.part(wins, pairs, "对比较")
    if 0 < 2 * wins < pairs:
        return f"但只是平均而言，{told.replace('中有', '中仅有')}如此"
    return f"{told}{'都' if wins == pairs else ''}如此"


def alike(each: Sequence[Standing]) -> Sentence:
    """ "在Fashion-MNIST上，不同z维度几乎没有差别（FID 6.0到6.3）"."""
    n, first, several = Numbers(), each[0].found, len(each) > 1
    ranges = [
        (f"{dataset_label(s.found.dataset)} " if several else "") + "到".join(n.span(s.found))
        for s in each
    ]
    level, tie = judged.closeness(each)
    who = f"不同{names.factor(first.factor, several=True)}"
    if len(first.means) == 2:
        who = names.listing(names.levels(first.factor, first.means))
    verb = "持平" if level else "几乎没有差别"
    if tie:
        verb = "在舍入误差内持平"
    at = f"在{names.everywhere(len(each))}上，" if several else grammar.at(first.dataset)
    label = names.measured(first) + ("：" if several else " ")
    text = f"{at}{who}{verb}（{label}{'；'.join(ranges)}）。"
    return n.sentence(text, [s.found for s in each])


def against(
    n: Numbers, found: Comparison[Any], first: Level, other: Level, label: bool = True
) -> str:
    """ "FID 3.2对4.2"."""
    decimals = decimals_of(found, (found.mean_a, found.mean_b))
    means = {found.a: found.mean_a, found.b: found.mean_b}
    a, b = (n.measured(found, side, means[side], decimals) for side in (first, other))
    return f"{names.measured(found) + ' ' if label else ''}{a}对{b}"


def _others(n: Numbers, found: Levels, rest: Sequence[Level], listed: int = LISTED) -> str:
    """ "，64为4.2，128为4.0"."""
    if not rest:
        return ""
    printed = rest if len(rest) <= listed else (rest[0], rest[-1])
    values = {v: n.mean(found, v) for v in printed}
    if len(rest) > listed:
        return f"，其余为{values[rest[0]]}到{values[rest[-1]]}"
    if len(rest) == 1:
        return f"对{values[rest[0]]}"
    each = (f"，{names.bare(found.factor, v)}为{values[v]}" for v in found.means if v in values)
    return "".join(each)


def courses(found: Sequence[Course], open_: Sequence[str] = ()) -> Sentence:
    """ "在MNIST上，测试重构损失从70.5（8）依次降到53.6（16）和50.1（32）"."""
    n, first = Numbers(), found[0].found
    far = "与真实图像的偏差" if first.target is not None else ""
    what = f"{names.metric(first.metric)}{far}"
    if all(c.shape == "flat" for c in found):
        each = [grammar.on(c.found.dataset) + "到".join(n.means(c.found)) for c in found]
        return n.sentence(f"{what}几乎不变（{'，'.join(each)}）。", [c.found for c in found])
    told = list[str]()
    for c in found:
        about = "" if told else what
        told.append(f"{grammar.at(c.found.dataset)}{about}{_course(n, c, c.found.id in open_)}")
    return n.sentence(f"{'；'.join(told)}。", [c.found for c in found])


def _course(n: Numbers, it: Course, open_: bool) -> str:
    """ "从70.5（8）降到53.6（16），到32时不再变化"."""
    shape, passed, still = judged.stops(it, open_)
    if shape == "flat":
        return f"几乎不变（{'到'.join(n.means(it.found))}）"
    factor = it.found.factor
    first, *rest = [f"{n.mean(it.found, v)}（{names.bare(factor, v)}）" for v in passed]
    if shape == "open":
        some = len(passed) < len(it.levels)
        values = f"{first}到{rest[0]}" if some else names.listing([first, *rest])
        return f"为{values}，差别在通常波动之内"
    if shape == "mixed":
        return f"在{first}与{rest[0]}之间起伏"
    verb, back = ("降到", "升到") if shape in ("falls", "valley") else ("升到", "降到")
    if shape in ("valley", "hill"):
        return f"先从{first}{verb}{rest[0]}，再{back}{rest[1]}"
    more = "及以上" if len(still) > 1 else "时"
    tail = f"，到{names.bare(factor, still[0])}{more}不再变化" if still else ""
    turn = "依次" if len(rest) > 1 else ""
    return f"从{first}{turn}{verb}{names.listing(rest)}{tail}"
