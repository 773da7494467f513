"""How many trainings something happened to, in Chinese."""

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence, by_level
from labkit.claims.sentences.outcomes import NAMED, named, on_one
from labkit.claims.sentences.zh import grammar, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import Strength

#: What happened, to one or several.
SOMETHING = {
    "finished": "{hits}未完成",
    "collapse": "{hits}发生崩溃",
    "unsteady": "{hits}的FID中途一度回升",
}
#: What it is about, where nothing is known of it.
ABOUT = {
    "finished": "训练如何结束",
    "collapse": "模式崩溃",
    "unsteady": "稳定性",
}
#: Names of trainings have at most so many letters together.
ROOM = 60


def statement(found: Absence, strength: Strength) -> Sentence:
    """The statement with its counts: a row of the evidence."""
    text = something(found) if found.hit else nothing(found)
    if found.hit and found.n > 1:
        text += f"：{listed(found)}"
    return Numbers().sentence(f"{text}{unknown(found)}。", [found])


def nothing(found: Absence) -> str:
    """It happened to none: "全部12个GAN都稳定"."""
    what = {"collapse": "没有崩溃", "unsteady": "稳定"}.get(found.what, "已完成")
    return f"{everyone(found)}{'都' if found.n > 1 else ''}{what}"


def something(found: Absence, who: str = "") -> str:
    """It happened to some, by their number if not named: "12个GAN中有2个发生崩溃"."""
    # What was spared stands behind what happened to the others.
    who, bracket, spared = (who or hits(found)).partition("（")
    return SOMETHING[found.what].format(hits=who) + bracket + spared


def trainings(found: Absence) -> str:
    """ "MNIST上的12个GAN", "1次训练"."""
    return grammar.of(found.dataset) + names.counted(found.n, _kind(found))


def _kind(found: Absence) -> str:
    return f"个{names.family(found.family)}" if found.family else "次训练"


def everyone(found: Absence) -> str:
    """ "MNIST上的这个GAN", "两个GAN", "全部12个GAN"; its settings, if others are unknown."""
    if found.n == 1 and found.unknown:
        return names.cell(found.cells[0], Cells(found.asked))
    if found.n <= 2:
        which = "这" if found.n == 1 else "两"
        return f"{grammar.of(found.dataset)}{which}{_kind(found)}"
    return f"{grammar.of(found.dataset)}全部{names.counted(found.n, _kind(found))}"


def hits(found: Absence) -> str:
    """ "12个GAN中有2个", "全部12个GAN都", "MNIST上的两个GAN都"."""
    if found.every:
        return everyone(found) + ("都" if found.n > 1 else "")
    return f"{trainings(found)}中有{len(found.hit)}{_kind(found)[0]}"


def all_on_one(found: Absence) -> str:
    """ "，都在MNIST上": where all of several are, if there are other data sets; else empty."""
    where = on_one(found)
    return where and f"，都{grammar.on(where)}"


def listed(found: Absence, first: str = "", among: Cells | None = None) -> str:
    """The trainings it happened to, the first with words of its own behind its name.

    They are told from all that were asked about, or from those they are `among`.
    """
    called = [names.cell(cell, among or Cells(found.asked)) for cell in found.hit[:NAMED]]
    called[0] += first
    each = named(called, lambda some: len("、".join(some)) <= ROOM)
    more = len(found.hit) - len(each)
    return "、".join(each) + (f"，另有{more}{_kind(found)[0]}" if more else "")


def shared_out(found: Absence, factor: str) -> str:
    """ "Hinge的4个中有3个、BCE的4个中有1个（其余没有）"."""
    counts, kind = by_level(found, factor), _kind(found)[0]
    hit = [v for v in counts if counts[v][0]]
    named = zip(names.levels(factor, hit), (counts[v] for v in hit), strict=True)
    each = [
        f"{name}的{f'全部{n}{kind}' if some == n else f'{n}{kind}中有{some}{kind}'}"
        for name, (some, n) in named
    ]
    spared = [v for v in counts if not counts[v][0]]
    other = names.level(factor, spared[0]) if len(spared) == 1 else "其余"
    return "、".join(each) + (f"（{other}没有）" if spared else "")


def unknown(found: Absence) -> str:
    """ "（另有1次情况不明）"; empty where all are known."""
    return f"（另有{found.unknown}{_kind(found)[0]}情况不明）" if found.unknown else ""
