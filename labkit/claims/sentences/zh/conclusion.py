"""The conclusion's own lines, in Chinese."""

import re
from collections.abc import Mapping, Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences import models, outcomes
from labkit.claims.sentences.numbers import decimals_of, place
from labkit.claims.sentences.zh import grammar, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.text.language import _
from labkit.text.typography import spaced


def best(found: Sequence[Configurations], among: Cells) -> list[Sentence]:
    """The best setting of each data set, whatever its family, and those nothing tells from it."""
    if not found:
        return []
    n, parts = Numbers(), []
    for each in found:
        top = each.values[0]
        value = n.measured(each, "best", top, decimals_of(each, [top]))
        parts.append(
            f"{grammar.on(each.dataset)}来自{_who(each, among)}，{names.short(each.metric)}为{value}"
        )
    text = f"按{names.metric(found[0].metric)}看，这些训练中最好的样本"
    return [n.sentence(f"{text}{'；'.join(parts)}。", found)]


def told(found: Mapping[str, tuple[float, float | None]]) -> list[Sentence]:
    """How often a classifier tells the best samples from real images, and other real images."""
    if not found:
        return []
    n = Numbers()
    shares = [
        f"{grammar.on(d)}为{n.share(f'told from real{place(d)}', share)}"
        for d, (share, _real) in found.items()
    ]
    real = [
        n.share(f"real told from real{place(d)}", value)
        for d, (_share, value) in found.items()
        if value is not None
    ]
    beside = f"；换成另一批真实图像时为{names.listing(real)}" if len(real) == len(found) else ""
    text = f"用分类器区分这些样本与真实图像，判对的比例{'，'.join(shares)}"
    return [n.sentence(f"{text}（50%相当于随机猜测{beside}）。")]


def _who(found: Configurations, among: Cells) -> str:
    """ "GAN（Hinge + z 32）", "VAE（潜在维度8或潜在维度16）", "4组设置之一"."""
    said = []
    for key, cells in models.by_family(found).items():
        family, mine = names.family(key), among.of(key, found.dataset)
        each = [names.cell(c, mine, seeds=False) for c in cells]
        said.append(family + ("" if each == [family] else f"（{'或'.join(each)}）"))
    return "或".join(said) or f"{found.tied}组设置之一"


def converged(cells: Cells) -> Sentence | None:
    """How many trainings were best at their last epoch; None where that says nothing."""
    found = outcomes.best_at_last(cells.rows)
    if found is None:
        return None
    last, known = found
    who = names.part(last, known, "次训练") + ("都" if last == known else "")
    return Numbers().sentence(f"{who}在最后一轮达到最佳：延长训练多半会降低FID。")


def point(topic: str, text: str) -> str:
    """An answer's point beside what it answers: "模式崩溃：全部12个GAN都没有崩溃"."""
    about, said = _(topic), re.sub(r"^(没有|有|是|不是|无)：", "", text)
    return spaced(said if said.startswith(about) else f"{about}：{said}")
