"""What the size of a VAE's code did, in Chinese."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.levels import Contrast, Course, Levels, course
from labkit.claims.sentences.judged import Strengths, at_the_top, led, stands_out
from labkit.claims.sentences.numbers import size
from labkit.claims.sentences.zh import levels, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import FIRM

FACTOR = "latent_dim"
#: Words of the longest point; where it is longer, how early the gain was had is left out.
POINT = 25


def point(rebuilt: Sequence[Levels], drawn: Sequence[Levels], strengths: Strengths) -> Sentence:
    """What larger codes did to reconstructions, and what to new samples."""
    both, text = (*rebuilt, *drawn), ""
    once = all(strengths[c.id] == "seen once" for f in both for c in f.contrasts)
    for early in (True, False):
        parts = (_rebuilt(rebuilt, strengths, early), _drawn(drawn, strengths))
        text = f"{'这些训练中，' if once else ''}{'；'.join(filter(None, parts))}。"
        if size(text) <= POINT:
            break
    if not any(c.isdigit() for c in text):
        smallest, largest = (names.bare(FACTOR, end(both[0].means)) for end in (min, max))
        text = text.replace("潜在维度", f"潜在维度（{smallest}到{largest}）", 1)
    return Numbers().sentence(text, both)


def _rebuilt(found: Sequence[Levels], strengths: Strengths, early: bool) -> str:
    each = [course(f, strengths) for f in found]
    shapes = {c.shape for c in each}
    if not found:
        return ""
    if shapes == {"flat"}:
        return "潜在维度对重构几乎没有影响"
    if shapes not in ({"falls"}, {"rises"}):
        return _by_size(each, strengths)
    front, back = _sure([c.found.between(c.levels[0], c.levels[-1]) for c in each], strengths)
    how = f"{front}越差" if shapes == {"rises"} else f"{front}越好{_until(each) if early else ''}"
    return f"潜在维度越大，重构{how}{back}"


def _by_size(each: Sequence[Course], strengths: Strengths) -> str:
    """ "潜在维度16和32在MNIST上的重构好于8（Fashion-MNIST上尚无定论）"."""
    ahead = [c.found for c in each if led(c, strengths)]
    if not ahead:
        return "就重构而言，没有哪个潜在维度突出"
    front, back = _sure([f.between(f.order[0], f.order[-1]) for f in ahead], strengths)
    top = at_the_top(ahead[0], strengths)
    if len(top) < 2 or any(at_the_top(f, strengths) != top for f in ahead):
        return _best_at(each, "重构", f"{front}最好", strengths, back)
    who = names.listing(names.levels(FACTOR, top))
    rest = names.listing(names.bare(FACTOR, v) for v in ahead[0].means if v not in top)
    where = names.listing(names.dataset(f.dataset) for f in ahead)
    where = f"在{where}上" if len(ahead) < len(each) else ""
    return f"{who}{where}的重构{front}好于{rest}{back}{_elsewhere(each, strengths)}"


def _elsewhere(found: Sequence[Course], strengths: Strengths) -> str:
    """ "（Fashion-MNIST上尚无定论）": where no size leads; empty if one does everywhere."""
    rest = [c for c in found if not led(c, strengths)]
    said = "没有差别" if all(c.shape == "flat" for c in rest) else "尚无定论"
    where = names.listing(names.dataset(c.found.dataset) for c in rest)
    return f"（{where}上{said}）" if rest else ""


def _sure(found: Sequence[Contrast], strengths: Strengths) -> tuple[str, str]:
    """What stands before and after a verb that holds on several data sets."""
    firm = [c for c in found if strengths[c.id] in FIRM]
    if not firm:
        known = any(strengths[c.id] != "seen once" for c in found)
        return levels.sure("within noise" if known else "seen once")
    own = all(strengths[c.id] == "clear" for c in firm)
    if len(firm) == len(found):
        return levels.sure("clear" if own else "beyond usual")
    where = names.listing(names.dataset(c.dataset) for c in firm)
    return "", f"，{where}上{levels.AHEAD['clear' if own else 'beyond usual']}"


def _until(each: Sequence[Course]) -> str:
    """How early most of the gain is had, where that is so on every data set."""
    second, last = {c.levels[1] for c in each}, {c.levels[c.settled] for c in each}
    if len(second) == 1 and all(c.early > 0.5 and len(c.levels) > 2 for c in each):
        return f"，大部分改善到{names.bare(FACTOR, second.pop())}时已经实现"
    if len(last) == 1 and all(c.settled < len(c.levels) - 1 for c in each):
        return f"，到{names.bare(FACTOR, last.pop())}为止"
    return ""


def _drawn(found: Sequence[Levels], strengths: Strengths) -> str:
    each = [course(f, strengths) for f in found]
    if not found:
        return ""
    if all(c.shape == "flat" for c in each):
        return "新样本几乎没有差别"
    nothing_led = not any(led(c, strengths) for c in each)
    if nothing_led or not any(stands_out(f, strengths) for f in found):
        return "新样本按FID看没有哪个潜在维度突出"
    for place, shape, end in ((0, "rises", "最小"), (-1, "falls", "最大")):
        if all(c.shape == shape and c.found.best[0] == c.levels[place] for c in each):
            return f"新样本在潜在维度{end}时最好"
    return _best_at(each, "新样本", "最好", strengths)


def _best_at(
    found: Sequence[Course], what: str, how: str, strengths: Strengths, back: str = ""
) -> str:
    """ "新样本在MNIST上以8、在Fashion-MNIST上以16最好"; not all courses are flat."""
    ahead = [c.found for c in found if led(c, strengths)]
    best = ["或".join(names.bare(FACTOR, v) for v in at_the_top(f, strengths)) for f in ahead]
    each = (f"{names.on(f.dataset)}以{size}" for size, f in zip(best, ahead, strict=True))
    text = f"{what}{'、'.join(each)}{how}"
    if len(best) == len(found) and len(set(best)) == 1:
        text = f"{what}以{best[0]}{how}"
    return f"{text}{back}{_elsewhere(found, strengths)}"


def samples(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """Which size gave the best new samples; where none stands out, how far they lie apart."""
    known = found and all(strengths[c.id] != "seen once" for f in found for c in f.contrasts)
    if not known or any(stands_out(f, strengths) for f in found):
        return levels.best(found, strengths)
    n = Numbers()
    ranges = "，".join(names.on(f.dataset) + "为" + levels.span(n, f) for f in found)
    text = f"样本的{names.measured(found[0])}{ranges}，差别在通常波动之内"
    return [n.sentence(f"{text}。", found)]


def total(found: Sequence[Levels]) -> list[Sentence]:
    """The size that is best by the whole loss, where one is by more than a hair on all data sets."""
    best = {f.order[0] for f in found}
    leads = [(f, f.between(*f.order[:2])) for f in found]
    sure = all(abs(c.estimate or 0.0) > f.margin and c.wins == c.pairs for f, c in leads)
    if len(best) != 1 or not sure:
        return []
    where = "" if len(found) == 1 else f"在{names.everywhere(len(found))}上都"
    name, which = names.metric(found[0].metric), names.level(FACTOR, best.pop())
    return [Numbers().sentence(f"按{name}（重构加KL）看，{which}{where}最好。", found)]
