"""What one setting changed, what categories came to mean, what samples need, in English."""

from collections.abc import Sequence
from math import ceil

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence, by_level
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.levels import Levels
from labkit.claims.sentences.en import evidence, names
from labkit.claims.sentences.en.absence import shared_out, something
from labkit.claims.sentences.en.evidence import measured
from labkit.claims.sentences.judged import MOST_STEPS, SAME_COST, whole_training
from labkit.claims.sentences.numbers import Numbers

#: Not at all, in part, in the main.
DEGREES = ("did not find the classes", "found some of the classes", "found the classes")


def nothing(factor: str, found: Sequence[Levels]) -> Sentence:
    return evidence.nothing(found, f"nothing can be credited to the {names.factor(factor)}")


def whole(found: Sequence[Configurations]) -> list[Sentence]:
    """The best whole setting where single ones cannot be told apart, a sentence a data set."""
    sentences = []
    for each in found:
        if each.here == "tie" or len(each.order) < 2:
            continue
        n, among, ends = Numbers(), Cells(each.cells), (each.order[0], each.order[-1])
        best, other = (names.cell(c, among, seeds=False) for c in ends)
        a, b = (measured(n, each, k, each.values[i]) for k, i in (("best", 0), ("last", -1)))
        between = "the other" if len(each.order) == 2 else "the last"
        what = f"had the best {names.metric(each.metric)}{names.on(each.dataset)}"
        text = f"as a whole, {best} {what} ({a}; {between}, {other}, {b})."
        sentences.append(n.sentence(text, [each]))
    return sentences


def counted(found: Absence, factor: str) -> Sentence | None:
    """How often something happened, level by level; None where the setting has one level."""
    if len(by_level(found, factor)) < 2:
        return None
    if len(found.hit) == found.n:
        text = f"whatever the {names.factor(factor)}, {something(found)}."
    else:
        text = f"{something(found, shared_out(found, factor))}."
    return Numbers().sentence(text, [found])


def categories(found: Sequence[Configurations], least: Sequence[float]) -> Sentence:
    """How far categories became classes on each data set, and the share that says so.

    From the `least` shares on they count as classes in part, and in the main.
    """
    n, parts = Numbers(), list[str]()
    for each in found:
        share = n.share(f"accuracy{names.on(each.dataset)}", each.values[0])
        who, value = "they", f" ({share})"
        if not parts:
            who = "the categories"
            value = f": {share} of samples look like the class of their category"
        if len(each.values) > 1:
            value = value.replace(share, f"at best {share}")
        degree = DEGREES[sum(each.values[0] >= bound for bound in least)]
        parts.append(f"{names.on(each.dataset).lstrip()} {who} {degree}{value}".lstrip())
    return n.sentence(f"{'; '.join(parts)}.", found)


def steps(found: Sequence[Configurations]) -> list[Sentence]:
    """How many steps were enough, a sentence a family; the first says what that means."""
    said: list[Sentence] = []
    for family in dict.fromkeys(f.family for f in found):
        n, each = Numbers(), [f for f in found if f.family == family]
        parts = [
            f"{n.value(f'steps{names.on(f.dataset)}', min(f.values), 0)}{names.on(f.dataset)}"
            for f in each
        ]
        most = max(min(f.values) for f in each)
        about = "" if said or most >= MOST_STEPS else "; more improve the FID by less than a tenth"
        least = "at least " if any(len(f.values) > 1 for f in each) else ""
        who = f"steps that the {names.family(family)} needs for a sample: {least}"
        text = f"{who}{names.listing(parts)}{about}."
        said.append(n.sentence(text, each))
    return said


def arithmetic(found: Sequence[tuple[Configurations, int, int, float]]) -> list[Sentence]:
    """What growing and full size came to for as much arithmetic: both places and their share."""
    n, parts = Numbers(), list[str]()
    for each, i, k, share in found:
        what = "" if parts else f"{names.short(each.metric)} "
        on = names.on(each.dataset)
        ends = (("growing", i), ("full size", k))
        grown, whole = (measured(n, each, who, each.values[at]) for who, at in ends)
        part = n.share(f"arithmetic{on}", share)
        parts.append(f"{what}{grown} against {whole}{on}, where full size took {part} of it")
    text = f"for about as much arithmetic growing had {names.listing(parts)}."
    return [n.sentence(text, [each for each, *_ in found])] if parts else []


def samples(found: Sequence[Configurations]) -> list[Sentence]:
    """The FID of each family's best setting, a sentence a data set."""
    said = []
    for dataset in dict.fromkeys(f.dataset for f in found):
        n, each = Numbers(), [f for f in found if f.dataset == dataset]
        labels = [names.family(f.family) for f in each]
        parts = [
            f"{measured(n, f, k, f.values[0])} ({k})" for k, f in zip(labels, each, strict=True)
        ]
        best = "best " if any(len(f.values) > 1 for f in each) else ""
        text = f"{names.on(dataset).lstrip()} the {best}FID was {names.listing(parts)}.".lstrip()
        said.append(n.sentence(text, each))
    return said


def sampled(found: Sequence[Configurations]) -> Sentence:
    """The arithmetic of a sample, the cheapest family first and the others as multiples of it."""
    n, (least, *others) = Numbers(), sorted(found, key=lambda f: f.values[0])
    cost = n.value("million operations", least.values[0] / 1e6, 1)
    start = f"a sample of the {_cheapest(least)} takes {cost} million operations"
    times = [
        f"one of the {_cheapest(f)} {_times(n, f.family, f.values[0] / least.values[0])}"
        for f in others
    ]
    return n.sentence(f"{start}, {names.listing(times)} as many.", found)


def _cheapest(found: Configurations) -> str:
    several = found.values[0] != found.values[-1]
    return ("cheapest " if several else "") + names.family(found.family)


def trained(found: Sequence[Configurations]) -> list[Sentence]:
    """How much arithmetic the trainings took, each in all its epochs, beside the least."""
    n, total = Numbers(), {f.family: whole_training(f) for f in found}
    if None in total.values() or len(total) < 2:
        return []
    least, most = (end(total, key=lambda f: total[f] or 0.0) for end in (min, max))
    ratio = (total[most] or 0.0) / (total[least] or 1.0)
    if ratio < SAME_COST:
        apart = n.share("apart", ceil(round(100 * (ratio - 1), 6)) / 100)
        return [n.sentence(f"their trainings took the same arithmetic within {apart}.", found)]
    text = f"training the {names.family(most)} took {_times(n, 'training', ratio)} the arithmetic"
    return [n.sentence(f"{text} of training the {names.family(least)}.", found)]


def _times(n: Numbers, name: str, ratio: float) -> str:
    return f"{n.value(f'{name}, times', ratio, 0 if ratio >= 10 else 1)} times"
