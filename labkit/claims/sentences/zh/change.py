"""What a loss did between the first epoch and the last, in Chinese."""

from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.change import Change
from labkit.claims.sentences import models
from labkit.claims.sentences.numbers import decimals_of_change, fits, place
from labkit.claims.sentences.zh import grammar, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import Strength

WENT = {1: "上升", -1: "下降", 0: "没有变化"}
#: Why no setting is called better by its loss.
NOT_RANKED = Sentence("不同种类的损失之间不能相互比较。")
NOTHING = Sentence("未测量：没有第一轮的数值。")


def statement(found: Change, strength: Strength) -> Sentence:
    """The statement with both ends: a row of the evidence."""
    n, of = Numbers(), f"{found.label}的" if found.label else ""
    metric = "跟踪FID" if models.tracked(found) else names.metric(found.metric)
    return n.sentence(f"{grammar.at(found.dataset)}{of}{metric}{moved(n, found)}。", [found])


def moved(n: Numbers, found: Change) -> str:
    """ "从0.72降到0.46（减少36%）"."""
    decimals = decimals_of_change(found)
    key = f"{found.metric}, {found.label or 'all'}{place(found.dataset)}"
    first = n.value(f"{key}, first", found.first, decimals)
    last = n.value(f"{key}, last", found.last, decimals)
    if not found.went:
        return f"保持在{first}"
    verb, by, tail = ("升", "增加", "") if found.went > 0 else ("降", "减少", "")
    if found.percent is not None:
        tail = f"（{by}{n.rough(f'{key}, percent', abs(found.percent))}%）"
    return f"从{first}{verb}到{last}{tail}"


def direction(found: Sequence[Change]) -> Sentence:
    """Which losses fell, which rose, over all settings."""
    parts = []
    for (way, some, n), metrics in models.directions(found).items():
        where = f"{n}组设置的{some}组" if some < n else names.part(n, n, "组设置")
        parts.append(f"{names.listing(map(names.metric, metrics))}在{where}中{WENT[way]}")
    return Numbers().sentence(f"{'；'.join(parts)}。", found)


def setting(found: Sequence[Change], among: Cells, where: str = "") -> list[Sentence]:
    """One setting's losses, in as few sentences as can be read; ``where`` once it was named."""
    name = where or f"{names.cell(found[0].cells[0], among, seeds=False)}："
    n = Numbers()
    parts = [f"{names.metric(each.metric)}{moved(n, each)}" for each in found]
    whole = n.sentence(f"{name}{'，'.join(parts)}。", found)
    if fits(whole) or len(found) == 1:
        return [whole]
    half = (len(found) + 1) // 2
    return [*setting(found[:half], among), *setting(found[half:], among, "同一设置的")]
