"""Evidence of mode collapse (if any)? What helped?

Collapse is the measure's verdict on each cell's samples; one collapsed cell is evidence, and
none collapsing credits nothing with having prevented it. Settings are compared among the GANs;
other models with a discriminator are told of where they collapsed.
"""

from functools import partial

from labkit.catalog import FAMILIES
from labkit.claims.answers.asked import DIVERSITY, Asked, Quality, quality
from labkit.claims.cell import Cell
from labkit.claims.claim import Answer, Sentence
from labkit.claims.finding import known
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import configurations
from labkit.claims.findings.levels import pairs_of_levels
from labkit.claims.measure import first_measured
from labkit.claims.sentences import voice
from labkit.claims.sentences.judged import ahead_in_most
from labkit.claims.sentences.outcomes import nearest_cell
from labkit.claims.table import Table

#: Settings whose effect on it is told.
TOLD = 2


def answer(key: str, table: Table) -> Answer:
    """Which cells collapsed, what came nearest, what those have in common, and coverage."""
    say, gans = voice().mode_collapse, table.cells.of("gan")
    others = absence.collapse(table.cells.filter(_of_another_kind))
    found = absence.collapse(gans)
    diversity = first_measured(DIVERSITY, gans)
    varied = quality(gans, table, diversity) if diversity else Quality()
    imbalance = table.measure("class_imbalance")
    uneven = [configurations(gans.of(dataset=d), imbalance) for d in gans.datasets]
    beside, turned = (others,) * bool(others.hit), varied.turned_round(gans, table)
    more = (*uneven, *varied.contrasts, *pairs_of_levels(turned))
    asked = Asked(key, table, (), (found, *beside, *more))
    covered = varied.told(asked.strengths, TOLD, 1, turned)
    if found.missing is not None and not gans and others.missing is None:
        found, beside = others, ()  # no GAN was asked for: the others are what is asked about
    if found.missing is not None and not others.hit:
        point = voice().evidence.nothing([found], of=[found])
        return asked.answer(point, covered, rests_on=[found])
    why: list[Sentence]
    cell: Cell | None
    if found.hit and (most := ahead_in_most(varied.by_factor)):
        covered = [say.covered(str(diversity), most)]
    if found.hit:
        cell, point = found.hit[0], say.collapsed(found)
        why = [say.which(found), *say.by_level(found, list(gans.factors))]
        why += say.uneven(found, known(uneven), partial(table.real, "class_imbalance"))
        why += [say.too(each) for each in beside]
    elif others.hit:
        cell, why = others.hit[0], [say.which(others)]
        point = say.collapsed(others) if found.missing else say.others(others, found)
    else:
        cell, point = nearest_cell(known(uneven)), say.none(found)
        real = table.real("class_imbalance", cell.dataset) if cell else None
        worst = say.nearest(found, known(uneven), real)
        why = [*([] if worst is None else [worst]), say.NOTHING_HELPED]
    # What covers more of the real images says more of what helped than a textbook does.
    textbook = (found.hit or beside) and not covered
    return asked.answer(
        point, [*why, *covered], picture=f"samples:{cell.run}" if cell else "class_coverage",
        reason=voice().sure.likely("mode_collapse" if textbook else ""),
        rests_on=[found, *beside],
    )  # fmt: skip


def _of_another_kind(cell: Cell) -> bool:
    """Whether it has a discriminator, but is no GAN of the grid."""
    about = FAMILIES.get(cell.family)
    return cell.family != "gan" and about is not None and about.is_a("adversarial")
