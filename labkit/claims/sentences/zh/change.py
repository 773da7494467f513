"""What a loss did between the first epoch and the last, in Chinese."""

from collections import defaultdict
from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.change import Change
from labkit.claims.sentences.numbers import decimals_for, fits, place
from labkit.claims.sentences.zh import grammar, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import Strength

#: Why no setting is called better by its loss.
NOT_RANKED = Sentence("不同种类的损失之间不能相互比较。")
NOTHING = Sentence("未测量：没有第一轮的数值。")


def statement(found: Change, strength: Strength) -> Sentence:
    """The statement with both ends: a row of the evidence."""
    n, of = Numbers(), f"{found.label}的" if found.label else ""
    # What labkit records of every epoch is measured with fewer samples.
    tracked = found.metric == "proxy_fid" and not any(cell.from_table for cell in found.cells)
    metric = "跟踪FID" if tracked else names.metric(found.metric)
    return n.sentence(f"{grammar.at(found.dataset)}{of}{metric}{moved(n, found)}。", [found])


def moved(n: Numbers, found: Change) -> str:
    """ "从0.72降到0.46（减少36%）"."""
    ends = (end.get(found.metric) for c in found.cells for end in (c.first, c.last))
    typed = [m.decimals for m in ends if m is not None and m.decimals is not None]
    decimals = min(typed) if typed else decimals_for((found.first, found.last))
    key = f"{found.metric}, {found.label or 'all'}{place(found.dataset)}"
    first = n.value(f"{key}, first", found.first, decimals)
    last = n.value(f"{key}, last", found.last, decimals)
    if found.here == "tie":
        return f"保持在{first}"
    verb, by, tail = ("升", "增加", "") if found.last > found.first else ("降", "减少", "")
    if found.percent is not None:
        size = abs(found.percent)
        tail = f"（{by}{n.value(f'{key}, percent', size, 0 if size >= 10 else 1)}%）"
    return f"从{first}{verb}到{last}{tail}"


def direction(found: Sequence[Change]) -> Sentence:
    """Which losses fell, which rose, over all settings."""
    by_metric: dict[str, list[Change]] = defaultdict(list)
    for each in found:
        by_metric[each.metric].append(each)
    same: dict[str, list[str]] = defaultdict(list)
    for metric, changes in by_metric.items():
        fell = sum(c.last < c.first and c.here != "tie" for c in changes)
        rose = sum(c.last > c.first and c.here != "tie" for c in changes)
        verb, n = ("下降", fell) if fell >= rose else ("上升", rose)
        of = len(changes)
        where = f"{of}组设置的{n}组" if 0 < n < of else names.part(of, of, "组设置")
        same[f"在{where}中{verb if n else '没有变化'}"].append(names.metric(metric))
    text = "；".join(f"{names.listing(metrics)}{verb}" for verb, metrics in same.items())
    return Numbers().sentence(f"{text}。", found)


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
