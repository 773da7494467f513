"""What one setting changed, what categories came to mean, what samples need, in English."""

from collections.abc import Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import by_dataset
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.levels import Levels
from labkit.claims.sentences import models
from labkit.claims.sentences.en import evidence, names
from labkit.claims.sentences.en.absence import shared_out, something
from labkit.claims.sentences.models import MOST_STEPS
from labkit.claims.sentences.numbers import Numbers, place

#: Not at all, in part, in the main.
DEGREES = ("did not find the classes", "found some of the classes", "found the classes")


def nothing(factor: str, found: Sequence[Levels]) -> Sentence:
    return evidence.nothing(found, f"nothing can be credited to the {names.factor(factor)}")


def whole(found: Sequence[Configurations]) -> list[Sentence]:
    """The best whole setting where single ones cannot be told apart, a sentence a data set."""
    sentences = []
    for each in found:
        n, among, ends = Numbers(), Cells(each.cells), (each.order[0], each.order[-1])
        best, other = (names.cell(c, among, seeds=False) for c in ends)
        a, b = (n.whole(each, k, each.values[i]) for k, i in (("best", 0), ("last", -1)))
        between = "the other" if len(each.order) == 2 else "the last"
        what = f"had the best {names.metric(each.metric)}{place(each.dataset)}"
        text = f"as a whole, {best} {what} ({a}; {between}, {other}, {b})."
        sentences.append(n.sentence(text, [each]))
    return sentences


def counted(found: Absence, factor: str) -> Sentence:
    """How often something happened, level by level."""
    if found.every:
        text = f"whatever the {names.factor(factor)}, {something(found)}."
    else:
        text = f"{something(found, shared_out(found, factor))}."
    return Numbers().sentence(text, [found])


def categories(found: Sequence[Configurations], degrees: Sequence[int]) -> Sentence:
    """How far categories became classes on each data set, and the share that says so.

    A degree each: 0 not at all, 1 in part, 2 in the main.
    """
    n, parts = Numbers(), list[str]()
    for each, degree in zip(found, degrees, strict=True):
        on, share = place(each.dataset), n.share(f"accuracy{place(each.dataset)}", each.values[0])
        share = f"at best {share}" if len(each.values) > 1 else share
        if not parts:
            text = f"{on.lstrip()} the categories {DEGREES[degree]}: {share} of samples"
            parts.append(f"{text} look like the class of their category".lstrip())
        elif degree == degrees[0]:
            parts.append(f"likewise{on} ({share})")
        else:
            parts.append(f"{on.lstrip()} they {DEGREES[degree]} ({share})")
    return n.sentence(f"{'; '.join(parts)}.", found)


def steps(found: Sequence[Configurations]) -> list[Sentence]:
    """How many steps were enough, a sentence a family; the first says what that means."""
    said: list[Sentence] = []
    for family in dict.fromkeys(f.family for f in found):
        n, each = Numbers(), [f for f in found if f.family == family]
        parts = [
            f"{n.value(f'steps{place(f.dataset)}', min(f.values), 0)}{place(f.dataset)}"
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
    n, parts, shares = Numbers(), list[str](), list[str]()
    for each, i, k, share in found:
        what = "" if parts else f"{names.short(each.metric)} "
        ends = (("growing", i), ("full size", k))
        grown, whole = (n.whole(each, who, each.values[at]) for who, at in ends)
        parts.append(f"{what}{grown} against {whole}{place(each.dataset)}")
        shares.append(n.share(f"arithmetic{place(each.dataset)}", share))
    once, told = "", names.listing(parts)
    if len(set(shares)) == 1:
        once = f" (full size took {shares[0]} of growing's)"
    else:
        took = (f", where full size took {share} of it" for share in shares)
        told = ", and ".join(map("".join, zip(parts, took, strict=True)))
    text = f"for about as much arithmetic{once}, growing had {told}."
    return [n.sentence(text, [each for each, *_ in found])] if parts else []


def samples(found: Sequence[Configurations]) -> list[Sentence]:
    """The FID of each family's best setting, a sentence a data set."""
    said = []
    for dataset, each in by_dataset(found).items():
        n = Numbers()
        labels = [names.family(f.family) for f in each]
        parts = [f"{n.whole(f, k, f.values[0])} ({k})" for k, f in zip(labels, each, strict=True)]
        best = "best " if any(len(f.values) > 1 for f in each) else ""
        text = f"{place(dataset).lstrip()} the {best}FID was {names.listing(parts)}.".lstrip()
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
    n, cost = Numbers(), models.training_cost(found)
    if cost is None:
        return []
    if cost.apart is not None:
        apart = n.share("apart", cost.apart)
        return [n.sentence(f"their trainings took the same arithmetic within {apart}.", found)]
    text = f"training the {names.family(cost.most)} took {_times(n, 'training', cost.ratio)} the arithmetic"
    return [n.sentence(f"{text} of training the {names.family(cost.least)}.", found)]


def _times(n: Numbers, name: str, ratio: float) -> str:
    return f"{n.rough(f'{name}, times', ratio)} times"
