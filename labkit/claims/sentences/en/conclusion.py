"""The conclusion's own lines, in English."""

import re
from collections.abc import Mapping, Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences import models, outcomes
from labkit.claims.sentences.en import grammar, names
from labkit.claims.sentences.numbers import Numbers, decimals_of, place


def best(found: Sequence[Configurations], among: Cells) -> list[Sentence]:
    """The best setting of each data set, whatever its family, and those nothing tells from it."""
    if not found:
        return []
    n, parts = Numbers(), []
    for each in found:
        top = each.values[0]
        value = n.measured(each, "best", top, decimals_of(each, [top]))
        parts.append(f"{_who(each, among)} ({value}){place(each.dataset)}")
    text = f"the best samples of these runs, by {names.metric(found[0].metric)}, are those of"
    return [n.sentence(f"{text} {names.listing(parts)}.", found)]


def told(found: Mapping[str, tuple[float, float | None]]) -> list[Sentence]:
    """How often a classifier tells the best samples from real images, and other real images."""
    if not found:
        return []
    n = Numbers()
    shares = [
        f"{n.share(f'told from real{place(d)}', share)}{' of cases' * (not i)}{place(d)}"
        for i, (d, (share, _)) in enumerate(found.items())
    ]
    real = [
        n.share(f"real told from real{place(d)}", value)
        for d, (_, value) in found.items()
        if value is not None
    ]
    beside = f"; other real images read {names.listing(real)}" if len(real) == len(found) else ""
    text = f"A classifier told these samples from real images in {names.listing(shares)}"
    return [n.sentence(f"{text} (50 % is guessing{beside}).")]


def _who(found: Configurations, among: Cells) -> str:
    """ "a GAN with hinge, z 32", "a VAE with latent 8 or 16", "one of four settings"."""
    said = []
    for key, cells in models.by_family(found).items():
        family, mine = names.family(key), among.of(key, found.dataset)
        each = [names.cell(c, mine, seeds=False) for c in cells]
        said.append(grammar.a(family) + ("" if each == [family] else f" with {' or '.join(each)}"))
    return " or ".join(said) or f"any of {grammar.count(found.tied)} settings"


def converged(cells: Cells) -> Sentence | None:
    """How many trainings were best at their last epoch; None where that says nothing."""
    found = outcomes.best_at_last(cells.rows)
    if found is None:
        return None
    last, known = found
    did = "was best at its" if last == 1 else "were best at their"
    who = f"{names.part(last, known, 'training')} {did} last epoch"
    return Numbers().sentence(f"{who}: longer training would likely lower the FID.")


def point(topic: str, text: str) -> str:
    """An answer's point beside what it answers: "Mode collapse: none of the twelve ..."."""
    return f"{topic}: {grammar.lower(re.sub(r'^(None|No|Yes): ', '', text))}"
