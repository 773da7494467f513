"""One idea to combine benefits of both models (e.g., VAE-GAN).

A discriminator for the decoder of a VAE. What it should judge is read from the FID of
reconstructions beside that of samples: decoded images, and those from random codes too where a
VAE loses more there. Where hybrids were trained, they are the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.catalog.families import FAMILIES
from labkit.claims.answers.asked import Asked
from labkit.claims.findings.configurations import Configurations, configurations
from labkit.claims.findings.families import Families, families, typical
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Answer, Sentence
    from labkit.claims.table import Table

PARENTS = ("gan", "vae")
SAMPLES, CODES = "proxy_fid", "recon_proxy_fid"
#: What samples are compared by beside the FID, and whether by their distance from a target.
BESIDE = (("sharpness", True), ("coverage", False))
#: Families that join the two, and what of a VAE they mend.
HYBRIDS = {key: entry.mends for key, entry in FAMILIES.items() if entry.mends}


def answer(key: str, table: Table) -> Answer:
    """The measured strengths of each family here, and what they suggest to try."""
    say, cells = voice().combining, table.cells
    hybrids = [h for h in HYBRIDS if h in cells.families]
    fid = families(cells, *PARENTS, table.measure(SAMPLES), table)
    tried = [families(cells, h, p, table.measure(SAMPLES), table) for h in hybrids for p in PARENTS]
    beside = [families(cells, *PARENTS, table.measure(m, t), table) for m, t in BESIDE]
    tested = [f for found in (fid, *tried) for f in found]
    told = [f for found in beside for f in found]
    best = _best(cells, table)
    asked = Asked(key, table, tuple(tested), (*told, *best))
    lost = where_lost(cells, table)
    if all(f.missing for f in tested):
        return asked.answer(say.nothing(tested), [say.encoder()], rests_on=tested)
    why: list[Sentence] = []
    if hybrids:
        point = say.tried(hybrids, _against(tested, hybrids), asked.strengths)
        for hybrid in hybrids[:2]:
            why += say.hybrid(hybrid, [f for f in tested if hybrid in (f.a, f.b)])
    else:
        point = say.idea(lost, _known(fid))
    why += voice().families.against([f for f in fid if not f.missing], asked.strengths)
    why += say.sharpness(_known(beside[0]))
    if not hybrids:
        why += say.exceptions(best, _known(fid))
        why += say.lost(lost)
        why.append(say.encoder())
    return asked.answer(point, why, picture="fid_gan_vs_vae", rests_on=tested)


def where_lost(cells: Cells, table: Table) -> dict[str, tuple[float, float]]:
    """Data set to a VAE's FID of reconstructions and of samples, averaged as families are."""
    found = {}
    for dataset in cells.datasets:
        both = cells.of("vae", dataset).filter(lambda c: {CODES, SAMPLES} <= c.metrics.keys())
        recon, samples = (typical(both, table.measure(name)) for name in (CODES, SAMPLES))
        if recon is not None and samples is not None:
            found[dataset] = recon, samples
    return found


def _best(cells: Cells, table: Table) -> list[Configurations]:
    """The best setting of each family by coverage and by FID, data set by data set."""
    return [
        configurations(cells.of(family, dataset), table.measure(metric))
        for metric in (SAMPLES, "coverage")
        for dataset in cells.datasets
        for family in PARENTS
        if family in cells.of(dataset=dataset).families
    ]


def _against(tested: list[Families], hybrids: list[str]) -> list[Families]:
    return [f for f in tested if f.missing is None and {f.a, f.b} & set(hybrids)]


def _known(found: tuple[Families, ...]) -> list[Families]:
    return [f for f in found if f.missing is None]
