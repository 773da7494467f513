"""The conclusion's own lines, in Chinese."""

import re
from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences.judged import best_at_last
from labkit.claims.sentences.numbers import decimals_of
from labkit.claims.sentences.zh import names
from labkit.claims.sentences.zh.grammar import Numbers, spaced
from labkit.text.language import _

#: More settings than that are counted, not named.
NAMED = 2


def best(found: Sequence[Configurations], among: Cells) -> list[Sentence]:
    """The best setting of each data set, whatever its family, and those nothing tells from it."""
    if not found:
        return []
    n, parts = Numbers(), []
    for each in found:
        top = each.values[0]
        value = names.value(n, each, "best", top, decimals_of(each, [top]))
        parts.append(
            f"{names.on(each.dataset)}来自{_who(each, among)}，{names.short(each.metric)} {value}"
        )
    text = f"按{names.metric(found[0].metric)}，这些训练中最好的样本"
    return [n.sentence(f"{text}{'；'.join(parts)}。", found)]


def _who(found: Configurations, among: Cells) -> str:
    """ "GAN（hinge + z 32）", "VAE（潜在维度8或潜在维度16）", "4组设置之一"."""
    if found.tied > NAMED:
        return f"{found.tied}组设置之一"
    told: dict[str, list[str]] = {}
    for c in found.order[: found.tied]:
        name = names.cell(c, among.of(c.family, found.dataset), seeds=False)
        told.setdefault(names.family(c.family), []).append(name)
    settings = {f: "" if each == [f] else f"（{'或'.join(each)}）" for f, each in told.items()}
    return "或".join(family + setting for family, setting in settings.items())


def converged(cells: Cells) -> Sentence | None:
    """How many trainings were best at their last epoch; None where that says nothing."""
    found = best_at_last(cells.rows)
    if found is None:
        return None
    last, known = found
    who = f"全部{known}次训练都" if last == known else f"{known}次训练中有{last}次"
    return Numbers().sentence(f"{who}在最后一轮最好：训练更久多半会降低FID。")


def point(topic: str, text: str) -> str:
    """An answer's point beside what it answers: "模式崩溃：全部12个GAN都没有崩溃"."""
    return spaced(f"{_(topic)}：{re.sub(r'^(没有|有|是|不是|无)：', '', text)}")
