"""What the size of a VAE's code did, in Chinese."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.levels import Contrast, Course, Levels, course
from labkit.claims.sentences import sizes, telling
from labkit.claims.sentences.judged import Strengths, at_the_top
from labkit.claims.sentences.numbers import dataset_label, size
from labkit.claims.sentences.sizes import FACTOR, POINT
from labkit.claims.sentences.zh import grammar, levels, names
from labkit.claims.sentences.zh.grammar import Numbers

#: What new samples show.
DRAWN = {
    "flat": "按FID看，样本几乎没有差别",
    "open": "按FID看，样本没有哪个潜在维度突出",
    "smallest": "按FID看，样本在潜在维度最小时最好",
    "largest": "按FID看，样本在潜在维度最大时最好",
}


def point(rebuilt: Sequence[Levels], drawn: Sequence[Levels], strengths: Strengths) -> Sentence:
    """What larger codes did to reconstructions, and what to new samples."""
    both, text = (*rebuilt, *drawn), ""
    once = sizes.seen_once(both, strengths)
    for early in ("，大部分改善到{}时已经实现", ""):
        parts = (_rebuilt(rebuilt, strengths, early), _drawn(drawn, strengths))
        text = f"{'这些训练中，' if once else ''}{'；'.join(filter(None, parts))}。"
        if size(text) <= POINT:
            break
    if not any(c.isdigit() for c in text):
        smallest, largest = (names.bare(FACTOR, end(both[0].means)) for end in (min, max))
        text = text.replace("潜在维度", f"潜在维度（{smallest}到{largest}）", 1)
    return Numbers().sentence(text, both)


def _rebuilt(found: Sequence[Levels], strengths: Strengths, early: str) -> str:
    if not found:
        return ""
    each = [course(f, strengths) for f in found]
    shape = sizes.shape(each, strengths)
    if shape == "flat":
        return "潜在维度对重构几乎没有影响"
    if shape not in ("falls", "rises"):
        return _by_size(each, strengths)
    ends = [c.found.between(c.levels[0], c.levels[-1]) for c in each]
    strength, where = sizes.surely(ends, strengths)
    front, back = levels.sure(strength)
    how = (
        f"{front}越差" if shape == "rises" else f"{front}越好{_until(each, early) if early else ''}"
    )
    told = f"潜在维度越大，重构{how}{back}"
    rest = names.listing(dataset_label(c.dataset) for c in ends if c.dataset not in where)
    on = f"在{names.listing(map(dataset_label, where))}上，"
    return f"{on}{told}（{rest}上尚无定论）" if where else told


def _by_size(each: Sequence[Course], strengths: Strengths) -> str:
    """ "潜在维度16和32在MNIST上的重构好于8（Fashion-MNIST上尚无定论）"."""
    ahead = sizes.ahead(each, strengths)
    if not ahead:
        return "就重构而言，没有哪个潜在维度突出"
    front, back = _sure([f.between(f.order[0], f.order[-1]) for f in ahead], strengths)
    top = sizes.top(ahead, strengths)
    if not top:
        return _best_at(each, "重构", f"{front}最好", strengths, back)
    who = names.listing(names.levels(FACTOR, top))
    rest = names.listing(names.bare(FACTOR, v) for v in ahead[0].means if v not in top)
    where = names.listing(dataset_label(f.dataset) for f in ahead)
    where = f"在{where}上" if len(ahead) < len(each) else ""
    return f"{who}{where}的重构{front}好于{rest}{back}{_elsewhere(each, strengths)}"


def _elsewhere(found: Sequence[Course], strengths: Strengths) -> str:
    """ "（Fashion-MNIST上尚无定论）": where no size leads; empty if one does everywhere."""
    where, flat = sizes.undecided(found, strengths)
    said = "没有差别" if flat else "尚无定论"
    return f"（{names.listing(map(dataset_label, where))}上{said}）" if where else ""


def _sure(found: Sequence[Contrast], strengths: Strengths) -> tuple[str, str]:
    """What stands before and after a verb that holds on several data sets."""
    strength, where = sizes.surely(found, strengths)
    if not where:
        return levels.sure(strength)
    return "", f"，{names.listing(map(dataset_label, where))}上{levels.AHEAD[strength]}"


def _until(each: Sequence[Course], early: str) -> str:
    """How early most of the gain is had, where that is so on every data set."""
    how, level = sizes.gain(each)
    words = {"early": early, "settled": "，到{}为止"}
    return words.get(how, "").format(names.bare(FACTOR, level))


def _drawn(found: Sequence[Levels], strengths: Strengths) -> str:
    if not found:
        return ""
    each = [course(f, strengths) for f in found]
    shown = sizes.best_drawn(each, strengths)
    return DRAWN.get(shown) or _best_at(each, "按FID看，样本", "最好", strengths)


def _best_at(
    found: Sequence[Course], what: str, how: str, strengths: Strengths, back: str = ""
) -> str:
    """ "新样本在MNIST上以8、在Fashion-MNIST上以16最好"; not all courses are flat."""
    ahead = sizes.ahead(found, strengths)
    best = ["或".join(names.bare(FACTOR, v) for v in at_the_top(f, strengths)) for f in ahead]
    each = (f"{grammar.on(f.dataset)}以{size}" for size, f in zip(best, ahead, strict=True))
    text = f"{what}{'、'.join(each)}{how}"
    if len(best) == len(found) and len(set(best)) == 1:
        text = f"{what}以{best[0]}{how}"
    return f"{text}{back}{_elsewhere(found, strengths)}"


def samples(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """Which size gave the best new samples; where none stands out, how far they lie apart."""
    if sizes.told_by_values(found, strengths):
        return [_values(found)]
    if not sizes.none_stands_out(found, strengths):
        return telling.best(found, strengths)
    n = Numbers()
    ranges = "，".join(grammar.on(f.dataset) + "为" + "到".join(n.span(f)) for f in found)
    text = f"样本的{names.measured(found[0])}{ranges}，差别在通常波动之内"
    return [n.sentence(f"{text}。", found)]


def _values(found: Sequence[Levels]) -> Sentence:
    """ "样本的FID在MNIST上为5.0（8）、6.9（16）和7.5（32）；在Fashion-MNIST上为9.1、8.0和8.6"."""
    n, told = Numbers(), list[str]()
    for f in found:
        each = [n.mean(f, v) + ("" if told else f"（{names.bare(FACTOR, v)}）") for v in f.means]
        told.append(f"{grammar.on(f.dataset)}为{names.listing(each)}")
    return n.sentence(f"样本的{names.measured(found[0])}{'；'.join(told)}。", found)


def total(found: Sequence[Levels]) -> list[Sentence]:
    """The size that is best by the whole loss on all data sets; else that the largest gains nothing."""
    best, over = sizes.best_in_total(found), sizes.gained_nothing(found)
    where = "" if len(found) == 1 else f"在{names.everywhere(len(found))}上都"
    if best is not None:
        told = f"{names.level(FACTOR, best)}{where}最好"
    elif over:
        average = "平均" * (found[0].n_seeds > 1)
        told = "{}{where}不优于{}".format(*names.levels(FACTOR, over), where=where + average)
    else:
        return []
    return [Numbers().sentence(f"按{names.metric(found[0].metric)}（重构加KL）看，{told}。", found)]
