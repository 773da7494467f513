"""What one setting changed, what categories came to mean, what samples need, in Chinese."""

from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import by_dataset
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.levels import Levels
from labkit.claims.sentences import models
from labkit.claims.sentences.models import MOST_STEPS
from labkit.claims.sentences.numbers import place
from labkit.claims.sentences.zh import evidence, grammar, names
from labkit.claims.sentences.zh.absence import shared_out, something
from labkit.claims.sentences.zh.grammar import Numbers

#: Not at all, in part, in the main.
DEGREES = ("没有对应到真实类别", "部分对应到真实类别", "基本对应到真实类别")


def nothing(factor: str, found: Sequence[Levels]) -> Sentence:
    return evidence.nothing(found, f"无法判断{names.factor(factor)}的作用")


def whole(found: Sequence[Configurations]) -> list[Sentence]:
    """The best whole setting where single ones cannot be told apart, a sentence a data set."""
    sentences = []
    for each in found:
        n, among, ends = Numbers(), Cells(each.cells), (each.order[0], each.order[-1])
        best, other = (names.cell(c, among, seeds=False) for c in ends)
        a, b = (n.whole(each, k, each.values[i]) for k, i in (("best", 0), ("last", -1)))
        between = "另一组" if len(each.order) == 2 else "最后一组"
        what = f"{grammar.at(each.dataset)}{best}的{names.metric(each.metric)}最好"
        text = f"从整组设置看，{what}（{a}；{between}{other}为{b}）。"
        sentences.append(n.sentence(text, [each]))
    return sentences


def counted(found: Absence, factor: str) -> Sentence:
    """How often something happened, level by level."""
    if found.every:
        text = f"无论如何选择{names.factor(factor)}，{something(found)}。"
    else:
        text = f"{something(found, shared_out(found, factor))}。"
    return Numbers().sentence(text, [found])


def arithmetic(found: Sequence[tuple[Configurations, int, int, float]]) -> list[Sentence]:
    """What growing and full size came to for as much arithmetic: both places and their share."""
    n, parts, shares = Numbers(), list[str](), list[str]()
    for each, i, k, share in found:
        what = "" if parts else f"{names.short(each.metric)} "
        ends = (("growing", i), ("full size", k))
        grown, whole = (n.whole(each, who, each.values[at]) for who, at in ends)
        parts.append(f"{grammar.on(each.dataset)}{what}{grown}对{whole}")
        shares.append(n.share(f"arithmetic{place(each.dataset)}", share))
    once = ""
    if len(set(shares)) == 1:
        once = f"（全尺寸用了渐进增长的{shares[0]}）"
    else:
        parts = [f"{p}（全尺寸用了其{share}）" for p, share in zip(parts, shares, strict=True)]
    text = f"运算量大致相同时{once}，渐进增长与全尺寸相比，{'，'.join(parts)}。"
    return [n.sentence(text, [each for each, *_ in found])] if parts else []


def categories(found: Sequence[Configurations], degrees: Sequence[int]) -> Sentence:
    """How far categories became classes on each data set, and the share that says so.

    A degree each: 0 not at all, 1 in part, 2 in the main.
    """
    n, parts = Numbers(), list[str]()
    for each, degree in zip(found, degrees, strict=True):
        share = n.share(f"accuracy{place(each.dataset)}", each.values[0])
        who, value = (
            ("", f"（{share}）") if parts else ("类别编码", f"：{share}的样本与其类别编码相符")
        )
        if len(each.values) > 1:
            value = value.replace(share, f"最好时{share}")
        parts.append(f"{grammar.at(each.dataset)}{who}{DEGREES[degree]}{value}")
    return n.sentence(f"{'；'.join(parts)}。", found)


def steps(found: Sequence[Configurations]) -> list[Sentence]:
    """How many steps were enough, a sentence a family; the first says what that means."""
    said: list[Sentence] = []
    for family in dict.fromkeys(f.family for f in found):
        n, each = Numbers(), [f for f in found if f.family == family]
        parts = [
            f"{grammar.on(f.dataset)}{'至少' if len(f.values) > 1 else ''}需{n.value(f'steps{place(f.dataset)}', min(f.values), 0)}步"
            for f in each
        ]
        most = max(min(f.values) for f in each)
        about = "" if said or most >= MOST_STEPS else "；再增加步数，FID的改善不到十分之一"
        text = f"{names.family(family)}生成一个样本，{'，'.join(parts)}{about}。"
        said.append(n.sentence(text, each))
    return said


def samples(found: Sequence[Configurations]) -> list[Sentence]:
    """The FID of each family's best setting, a sentence a data set."""
    said = []
    for dataset, each in by_dataset(found).items():
        n = Numbers()
        labels = [names.family(f.family) for f in each]
        parts = [f"{k}为{n.whole(f, k, f.values[0])}" for k, f in zip(labels, each, strict=True)]
        best = "最好的" if any(len(f.values) > 1 for f in each) else ""
        said.append(n.sentence(f"{grammar.at(dataset)}{best}FID：{'，'.join(parts)}。", each))
    return said


def sampled(found: Sequence[Configurations]) -> Sentence:
    """The arithmetic of a sample, the cheapest family first and the others as multiples of it."""
    n, (least, *others) = Numbers(), sorted(found, key=lambda f: f.values[0])
    cost = n.value("million operations", least.values[0] / 1e6, 1)
    start = f"{_cheapest(least)}生成一个样本需{cost}百万次运算"
    times = [
        f"{_cheapest(f)}是其{_times(n, f.family, f.values[0] / least.values[0])}" for f in others
    ]
    return n.sentence(f"{start}，{'，'.join(times)}。", found)


def _cheapest(found: Configurations) -> str:
    several = found.values[0] != found.values[-1]
    return ("运算最少的" if several else "") + names.family(found.family)


def trained(found: Sequence[Configurations]) -> list[Sentence]:
    """How much arithmetic the trainings took, each in all its epochs, beside the least."""
    n, cost = Numbers(), models.training_cost(found)
    if cost is None:
        return []
    if cost.apart is not None:
        apart = n.share("apart", cost.apart)
        return [n.sentence(f"它们的训练运算量相近，相差不超过{apart}。", found)]
    text = f"训练{names.family(cost.most)}的运算量是训练{names.family(cost.least)}的"
    return [n.sentence(f"{text}{_times(n, 'training', cost.ratio)}。", found)]


def _times(n: Numbers, name: str, ratio: float) -> str:
    return f"{n.rough(f'{name}, times', ratio)}倍"
