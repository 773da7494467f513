"""One family of models against another, in English."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.families import Families
from labkit.claims.sentences import models
from labkit.claims.sentences.en import levels, names
from labkit.claims.sentences.numbers import Numbers, decimals_of, place
from labkit.claims.verdict import Strength


def statement(found: Families, strength: Strength) -> Sentence:
    """The statement with its numbers: a row of the evidence."""
    n, on = Numbers(), place(found.dataset)
    values = levels.against(n, found, *found.sides)
    if found.ahead is None:
        a, b = (names.family(f, several=True) for f in (found.a, found.b))
        return n.sentence(f"{a} and {b} tie{on} ({values}).", [found])
    (ahead, several), (behind, _) = _sides([found])
    tail = f", {levels.AHEAD[strength]}" if strength in levels.AHEAD else ""
    verb = "are" if several else "is"
    return n.sentence(f"{ahead} {verb} ahead of {behind}{on}{tail} ({values}).", [found])


def together(found: Sequence[Families], strength: Strength) -> Sentence:
    """ "GANs were ahead of VAEs on both data sets (FID 3.6 against 9.1 ...)"."""
    n, first = Numbers(), found[0]
    each = [levels.against(n, f, *f.sides, label=f is first) for f in found]
    where = place(first.dataset)
    if len(found) > 1:
        where = f" on {names.everywhere(len(found))}"
        each = [shown + place(f.dataset) for shown, f in zip(each, found, strict=True)]
    values = names.listing(each)
    (ahead, several), (behind, _) = _sides(found)
    if first.ahead is None:
        return n.sentence(f"{ahead} and {behind} tied{where} ({values}).", found)
    front, back = levels.sure(strength)
    lead = f"{ahead} {'were' if several else 'was'} {front}ahead of {behind}"
    if models.every_cell(found, strength):
        back = back.replace(", within", ", yet within")
        one, other = map(names.family, first.sides)
        lead = f"every {one} was {front}ahead of every {other}"
    elif several and not all(f.every for f in found):
        lead = f"{ahead} were, on average, {front}ahead of {behind}"
    if strength == "seen once":
        lead = f"in these runs, {lead}"
    return n.sentence(f"{lead}{where}{back} ({values}).", found)


def ranked(found: Sequence[Families]) -> list[Sentence]:
    """ "In these runs the FID was 7.4 (VAE), 12.2 (Flow) and 13.2 (GAN) on MNIST; ..."."""
    n, parts = Numbers(), list[str]()
    sides, whole = models.ranked(found)
    for dataset, each in sides.items():
        decimals = decimals_of(each[0].found, [side.mean for side in each])
        values = (
            f"{n.measured(r.found, r.family, r.mean, decimals)} ({names.family(r.family)})"
            for r in each
        )
        parts.append(names.listing(values) + place(dataset))
    if not parts:
        return []
    what = names.measured(found[0])
    was = f"the {what} was" if whole else f"the best {what} values were"
    return [n.sentence(f"in these runs {was} {'; '.join(parts)}.", found)]


def _sides(found: Sequence[Families]) -> list[tuple[str, bool]]:
    """Both, "GANs" or, trained with one setting, "the GAN", and whether they are several."""
    several = {found[0].a: any(f.n_a > 1 for f in found)}
    several[found[0].b] = any(f.n_b > 1 for f in found)
    called = {
        f: names.family(f, True) if n else f"the {names.family(f)}" for f, n in several.items()
    }
    return [(called[f], several[f]) for f in found[0].sides]
