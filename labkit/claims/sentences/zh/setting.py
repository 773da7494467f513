"""What one setting changed, what categories came to mean, what samples need, in Chinese."""

from collections.abc import Sequence
from math import ceil

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence, by_level
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.levels import Levels
from labkit.claims.sentences.judged import MOST_STEPS, SAME_COST, whole_training
from labkit.claims.sentences.numbers import place
from labkit.claims.sentences.zh import evidence, grammar, names
from labkit.claims.sentences.zh.absence import shared_out, something
from labkit.claims.sentences.zh.evidence import measured
from labkit.claims.sentences.zh.grammar import Numbers

#: Not at all, in part, in the main.
DEGREES = ("没有对应到真实类别", "部分对应到真实类别", "基本对应到真实类别")


def nothing(factor: str, found: Sequence[Levels]) -> Sentence:
    return evidence.nothing(found, f"无法判断{names.factor(factor)}的作用")


def whole(found: Sequence[Configurations]) -> list[Sentence]:
    """The best whole setting where single ones cannot be told apart, a sentence a data set."""
    sentences = []
    for each in found:
        if each.here == "tie" or len(each.order) < 2:
            continue
        n, among, ends = Numbers(), Cells(each.cells), (each.order[0], each.order[-1])
        best, other = (names.cell(c, among, seeds=False) for c in ends)
        a, b = (measured(n, each, k, each.values[i]) for k, i in (("best", 0), ("last", -1)))
        between = "另一组" if len(each.order) == 2 else "最后一组"
        what = f"{grammar.at(each.dataset)}{best}的{names.metric(each.metric)}最好"
        text = f"从整组设置看，{what}（{a}；{between}{other}为{b}）。"
        sentences.append(n.sentence(text, [each]))
    return sentences


def counted(found: Absence, factor: str) -> Sentence | None:
    """How often something happened, level by level; None where the setting has one level."""
    if len(by_level(found, factor)) < 2:
        return None
    if len(found.hit) == found.n:
        text = f"无论如何选择{names.factor(factor)}，{something(found)}。"
    else:
        text = f"{something(found, shared_out(found, factor))}。"
    return Numbers().sentence(text, [found])


def arithmetic(found: Sequence[tuple[Configurations, int, int, float]]) -> list[Sentence]:
    """What growing and full size came to for as much arithmetic: both places and their share."""
    n, parts = Numbers(), list[str]()
    for each, i, k, share in found:
        what = "" if parts else f"{names.short(each.metric)} "
        ends = (("growing", i), ("full size", k))
        grown, whole = (measured(n, each, who, each.values[at]) for who, at in ends)
        part = n.share(f"arithmetic{place(each.dataset)}", share)
        parts.append(f"{names.on(each.dataset)}{what}{grown}对{whole}（全尺寸用了其{part}）")
    text = f"运算量大致相同时，渐进增长与全尺寸相比，{'，'.join(parts)}。"
    return [n.sentence(text, [each for each, *_ in found])] if parts else []


def categories(found: Sequence[Configurations], least: Sequence[float]) -> Sentence:
    """How far categories became classes on each data set, and the share that says so.

    From the `least` shares on they count as classes in part, and in the main.
    """
    n, parts = Numbers(), list[str]()
    for each in found:
        share = n.share(f"accuracy{place(each.dataset)}", each.values[0])
        who, value = (
            ("", f"（{share}）") if parts else ("类别编码", f"：{share}的样本与其类别编码相符")
        )
        if len(each.values) > 1:
            value = value.replace(share, f"最好时{share}")
        degree = DEGREES[sum(each.values[0] >= bound for bound in least)]
        parts.append(f"{grammar.at(each.dataset)}{who}{degree}{value}")
    return n.sentence(f"{'；'.join(parts)}。", found)


def steps(found: Sequence[Configurations]) -> list[Sentence]:
    """How many steps were enough, a sentence a family; the first says what that means."""
    said: list[Sentence] = []
    for family in dict.fromkeys(f.family for f in found):
        n, each = Numbers(), [f for f in found if f.family == family]
        parts = [
            f"{names.on(f.dataset)}{'至少' if len(f.values) > 1 else ''}需{n.value(f'steps{place(f.dataset)}', min(f.values), 0)}步"
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
    for dataset in dict.fromkeys(f.dataset for f in found):
        n, each = Numbers(), [f for f in found if f.dataset == dataset]
        labels = [names.family(f.family) for f in each]
        parts = [
            f"{k}为{measured(n, f, k, f.values[0])}" for k, f in zip(labels, each, strict=True)
        ]
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
    n, total = Numbers(), {f.family: whole_training(f) for f in found}
    if None in total.values() or len(total) < 2:
        return []
    least, most = (end(total, key=lambda f: total[f] or 0.0) for end in (min, max))
    ratio = (total[most] or 0.0) / (total[least] or 1.0)
    if ratio < SAME_COST:
        apart = n.share("apart", ceil(round(100 * (ratio - 1), 6)) / 100)
        return [n.sentence(f"它们的训练运算量相近，相差不超过{apart}。", found)]
    text = f"训练{names.family(most)}的运算量是训练{names.family(least)}的"
    return [n.sentence(f"{text}{_times(n, 'training', ratio)}。", found)]


def _times(n: Numbers, name: str, ratio: float) -> str:
    return f"{n.value(f'{name}, times', ratio, 0 if ratio >= 10 else 1)}倍"
