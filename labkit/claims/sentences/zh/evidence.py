"""A row of the evidence: the statement of one finding, its difference and its rule, in Chinese.

Kinds of findings that answers tell of in several ways have modules of their own.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import Finding, Missing
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.published import Reproduction
from labkit.claims.findings.spread import Spread
from labkit.claims.findings.statement import Statement
from labkit.claims.sentences import judged, telling
from labkit.claims.sentences.numbers import decimals_for, place
from labkit.claims.sentences.zh import absence, names
from labkit.claims.sentences.zh.grammar import Numbers, at, of, stop
from labkit.claims.verdict import Strength
from labkit.text.typography import spaced

#: How a strength is decided, said once under each table of evidence.
RULES = {
    "own": "学生 t 检验，以不同种子之间的波动为误差，各数据集的波动合并估计；"
    "同一问题的全部检验作 Holm 校正",
    "reference": "学生 t 检验，以同类训练重复多次的波动（{name}）为误差；"
    "同一问题的全部检验作 Holm 校正",
    "": "只就这些训练计数；训练间的波动未知",
    "told": "只就这些训练计数；该问题的检验针对另一个指标",
    "absence": "按次数统计；只要有一个反例，结论就不成立；区间为 Clopper-Pearson 区间",
    "missing": "未测量：{reason}",
}
#: Why nothing can be said, as clauses.
CLAUSES = {
    "factor_absent": "表中没有{factor}这一列",
    "factor_constant": "{factor}没有变化",
    "not_comparable": "{metric}的数值在不同{factors}之间不可比较",
    "metric_absent": "表中没有{metric}",
    "metric_absent_for": "表中没有{families}的{metric}",
    "not_run": "所需的训练都还没有运行",
    "not_run_for": "还没有运行任何{family}",
    "not_finished": "所需的训练都没有完成",
    "not_finished_for": "没有一个{family}完成训练",
    "one_level": "只有{level}有{metric}的数值",
    "confounded": "没有在其他设置不变时单独改变过{factor}（{others}随之改变）",
    "no_shared_levels": "没有两个取值在各处都测量过",
    "few_factors": "改变的设置少于两项",
    "incomplete_grid": "网格中测量过的训练太少，无法分解差异",
    "collapse": "表中没有说明是否崩溃",
    "finished": "表中没有说明训练如何结束",
    "no_first": "没有第一轮的{metric}",
    "no_matching_cell": "表中没有测量过{metric}的这种训练",
    "said": "{why}",
}


def missing(found: Missing) -> str:
    """Why nothing can be said, as a clause without a full stop."""
    about: defaultdict[str, Any] = defaultdict(str, found.about)
    others = [names.factor(each) for each in about["others"]]
    text = CLAUSES[found.reason].format(
        factor=names.factor(about["factor"]), factors=names.factor(about["factor"], True),
        family=names.family(about["family"]), families=names.family(about["family"], True),
        level=names.level(about["factor"], about["level"]), metric=names.metric(about["metric"]),
        others=names.listing(others if len(others) <= judged.LISTED else [*others[:2], "其他设置"]),
        why=about["why"],
    )  # fmt: skip
    return spaced(text)


def nothing(
    found: Sequence[Finding], start: str = "未测量", why: str = "", of: Sequence[Finding] = ()
) -> Sentence:
    """That nothing can be said `of` findings: as the first missing one found has it, or `why`."""
    why = next((missing(f.missing) for f in found if f.missing is not None), why)
    return Numbers().sentence(f"{start}{why and '：'}{why}。", of)


def unmeasured(found: Finding, why: Missing) -> Sentence:
    """The statement of a finding that nothing is known of."""
    about = names.metric(found.metric) if found.metric else found.kind
    if isinstance(found, Absence):
        about = absence.ABOUT[found.what]
    if found.factor:
        about = f"{names.factor(found.factor)}对{about}的影响"
    text = f"{of(found.dataset)}{about}：{missing(why)}。"
    return Numbers().sentence(text, [found])


def difference(found: Finding) -> str:
    """The estimate and its noise as shown, "−9% ± 4%", of the one ahead; empty where none is."""
    values, unit = judged.difference(found)
    return values + (unit if unit in ("", "%") else f" {unit}")


def checked(found: Finding, strength: Strength) -> Sentence:
    """Say whether a checked statement holds in the table, with the values that decide it."""
    if not isinstance(found, Statement) or found.missing is not None:
        return telling.statement(found, strength)
    said = "seen once" if strength == "refuted" else strength
    shown = [telling.shown(each, found.form, said) for each in found.shows]
    text = "；".join(stop(each.text) for each in shown) + "。"
    if found.here == "no":
        text = f"{'不成立' if strength == 'refuted' else '在这些训练中并非如此'}：{text}"
    return Numbers.of(shown).sentence(text, found.shows)


def configurations(found: Configurations, strength: Strength) -> Sentence:
    """The best whole setting and the next."""
    n, among = Numbers(), Cells(found.cells)
    value = n.whole(found, "best", found.values[0])
    family, metric = at(found.dataset) + names.family(found.family), names.metric(found.metric)
    if len(found.order) == 1:
        return n.sentence(f"{family}的{metric}：{value}。", [found])
    what = f"{family}中{metric}最好的"
    if found.here == "tie":
        return n.sentence(f"{what}有{found.tied}组设置并列（{value}）。", [found])
    best, other = (names.cell(c, among, seeds=False) for c in found.order[:2])
    led = names.part(found.led, found.n_seeds, "个种子")
    how = ("", "都") if found.led == found.n_seeds else ("但", "")
    led = f"，{how[0]}{led}{how[1]}如此" if found.n_seeds > 1 else ""
    behind = n.whole(found, "next", found.values[1])
    return n.sentence(f"{what}是{best}（{value}），其次是{other}（{behind}）{led}。", [found])


def spread(found: Spread, strength: Strength) -> Sentence:
    """ "在MNIST上，代理FID的差异中，z维度占37%，损失占5%，……，噪声占50%"."""
    n, on = Numbers(), place(found.dataset)
    parts = [
        f"{names.factor(f)}占{n.share(f'{f}, share{on}', share)}"
        for f, share in found.shares.items()
    ]
    noise = "或噪声" if found.rest is None else ""
    parts.append(f"设置之间的组合{noise}占{n.share(f'combination{on}', found.combination)}")
    if found.rest is not None:
        parts.append(f"噪声占{n.share(f'noise{on}', found.rest)}")
    text = f"{at(found.dataset)}{names.metric(found.metric)}的差异中，{'，'.join(parts)}。"
    return n.sentence(text, [found])


def published(found: Reproduction, strength: Strength) -> Sentence:
    """One published value and ours."""
    n, what = Numbers(), f"{found.source}的{names.metric(found.metric)}"
    if found.missing is not None:
        return n.sentence(f"{what}：此处不可比较，{missing(found.missing)}。", [found])
    decimals = decimals_for((found.published, found.ours), apart=False)
    ours = n.value(f"ours, {found.number}", found.ours, decimals)
    theirs = n.value(f"published, {found.number}", found.published, decimals)
    room = n.value(f"tolerance, {found.number}", found.tolerance, decimals_for([found.tolerance]))
    runs = {c.seedless for c in found.cells}
    by = f"由{runs.pop()}" if len(runs) == 1 else ""
    sure = "明显" if strength in ("clear", "refuted") else ""
    verb = f"{by}{sure}{'复现' if found.here == 'yes' else '未能复现'}"
    text = f"{what}{verb}：{ours}对{theirs}（允许偏差{room}）。"
    return n.sentence(text, [found])


def reproduced(found: Sequence[Reproduction]) -> Sentence:
    """How many published values were reproduced."""
    total, same = sum(f.missing is None for f in found), sum(f.here == "yes" for f in found)
    left = len(found) - total
    more = f"；另有{left}个无法比较" if left else ""
    text = f"{names.part(same, total, '个已发表的数值')}得到复现{more}"
    if not total:
        text = "已发表的数值都无法与这些训练比较"
    elif total == 1:
        text = f"{'是：唯一一个已发表的数值得到' if same else '不是：唯一一个已发表的数值未能'}复现{more}"
    elif same == total:
        text = f"是：全部{total}个已发表的数值都得到复现{more}"
    return Numbers().sentence(f"{text}。", found)
