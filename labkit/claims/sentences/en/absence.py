"""How many trainings something happened to, in English."""

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence, by_level
from labkit.claims.sentences.en import grammar, names
from labkit.claims.sentences.numbers import Numbers, place
from labkit.claims.sentences.outcomes import NAMED, named, on_one
from labkit.claims.verdict import Strength

#: What happened, to one or several.
SOMETHING = {
    "finished": "{hits} did not finish",
    "collapse": "{hits} collapsed",
    "unsteady": "the FID rose again in {hits}",
}
#: What it is about, where nothing is known of it.
ABOUT = {
    "finished": "how the trainings ended",
    "collapse": "mode collapse",
    "unsteady": "steadiness",
}
#: Names of trainings have at most so many words together.
ROOM = 18


def statement(found: Absence, strength: Strength) -> Sentence:
    """The statement with its counts: a row of the evidence."""
    text = something(found) if found.hit else nothing(found)
    if found.hit and found.n > 1:
        text += f": {listed(found)}"
    return Numbers().sentence(f"{text}{unknown(found)}.", [found])


def nothing(found: Absence) -> str:
    """It happened to none: "all twelve GANs were steady"."""
    if found.what == "collapse":
        if found.n == 1:
            return f"{everyone(found)} did not collapse"
        return f"{'neither' if found.n == 2 else 'none'} of the {trainings(found)} collapsed"
    steady = "was steady" if found.n == 1 else "were steady"
    return f"{everyone(found)} {steady if found.what == 'unsteady' else 'finished'}"


def something(found: Absence, who: str = "") -> str:
    """It happened to some, by their number if not named: "two of twelve GANs collapsed"."""
    return SOMETHING[found.what].format(hits=who or hits(found))


def trainings(found: Absence) -> str:
    """ "twelve GANs on MNIST", "one training"."""
    kind = names.family(found.family) if found.family else "training"
    return names.counted(found.n, kind) + place(found.dataset)


def everyone(found: Absence) -> str:
    """ "the GAN on MNIST", "both GANs", "all twelve GANs"; its settings, if others are unknown."""
    if found.n == 1 and found.unknown:
        return names.cell(found.cells[0], Cells(found.asked))
    kind = trainings(found).partition(" ")[2]
    if found.n <= 2:
        return f"the {kind}" if found.n == 1 else f"both {kind}"
    return f"all {trainings(found)}"


def hits(found: Absence) -> str:
    """ "two of twelve GANs", "all twelve GANs", "both GANs on MNIST"."""
    if found.every:
        return everyone(found)
    return f"{grammar.count(len(found.hit))} of {trainings(found)}"


def all_on_one(found: Absence) -> str:
    """ ", both on MNIST": where all of several are, if there are other data sets; else empty."""
    where = place(on_one(found))
    return where and f", {'both' if len(found.hit) == 2 else 'all'}{where}"


def listed(found: Absence, first: str = "", among: Cells | None = None) -> str:
    """The trainings it happened to, the first with words of its own behind its name.

    They are told from all that were asked about, or from those they are `among`.
    """
    called = [names.cell(cell, among or Cells(found.asked)) for cell in found.hit[:NAMED]]
    called[0] += first
    each = [*named(called, lambda some: len(" ".join(some).split()) <= ROOM)]
    more = len(found.hit) - len(each)
    if more:
        each.append(f"{grammar.count(more)} more")
    if len(each) > 2 and any("," in name for name in each):
        return f"{'; '.join(each[:-1])}; and {each[-1]}"
    if len(each) == 2 and not more and "," in each[0]:
        return "; ".join(each)
    return names.listing(each)


def shared_out(found: Absence, factor: str) -> str:
    """ "three of four with hinge, one of four with BCE and none with another loss"."""
    counts = by_level(found, factor)
    alike, each = len({n for _, n in counts.values()}) == 1, list[str]()
    for level, (some, n) in counts.items():
        if not some:
            continue
        # How many there are is said once.
        share = grammar.count(some) + ("" if alike and each else f" of {grammar.count(n)}")
        name = names.bare(factor, level) if each else names.level(factor, level)
        each.append(f"{'the one' if n == 1 else share} with {name}")
    spared = [v for v in counts if not counts[v][0]]
    if spared:
        other = names.bare(factor, spared[0]) if len(spared) == 1 else "any other"
        each.append(f"none with {other}")
    return names.listing(each)


def unknown(found: Absence) -> str:
    """ " (nothing is known of one more)"; empty where all are known."""
    return f" (nothing is known of {grammar.count(found.unknown)} more)" if found.unknown else ""
