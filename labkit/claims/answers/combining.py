"""One idea to combine benefits of both models (e.g., VAE-GAN).

A discriminator for the decoder of a VAE. What it should judge is read from the FID of
reconstructions beside that of samples: decoded images, and those from random codes too where a
VAE loses more there. Where hybrids were trained, they are the answer.
"""

from itertools import product

from labkit.catalog.families import FAMILIES
from labkit.claims.answers.asked import Asked
from labkit.claims.claim import Answer, Sentence
from labkit.claims.finding import known
from labkit.claims.findings.configurations import configurations
from labkit.claims.findings.families import families, typical
from labkit.claims.sentences import models, voice
from labkit.claims.table import Table

PARENTS = ("gan", "vae")
SAMPLES, CODES = "proxy_fid", "recon_proxy_fid"
#: Families that join the two.
HYBRIDS = [key for key, entry in FAMILIES.items() if entry.mends]


def answer(key: str, table: Table) -> Answer:
    """The measured strengths of each family here, and what they suggest to try."""
    say, cells = voice().combining, table.cells
    hybrids = [h for h in HYBRIDS if h in cells.families]
    samples, sharpness = table.measure(SAMPLES), table.measure("sharpness", to_target=True)
    coverage = table.measure("coverage")
    parents = families(cells, *PARENTS, samples, table)
    tried = [f for h in hybrids for p in PARENTS for f in families(cells, h, p, samples, table)]
    sharp, covered = (families(cells, *PARENTS, m, table) for m in (sharpness, coverage))
    # The best setting of each family by FID and by coverage, data set by data set.
    every = product((samples, coverage), cells.datasets, PARENTS)
    best = [configurations(part, m) for m, d, f in every if len(part := cells.of(f, d))]
    sharper = [f for h in hybrids for f in families(cells, h, "vae", sharpness, table)]
    asked = Asked(key, table, (*parents, *tried), (*sharp, *covered, *sharper, *best))
    if not known(asked.tested):
        return asked.answer(say.nothing(asked.tested), [say.encoder()])
    # A VAE's FID of reconstructions and of samples, averaged as families are.
    fid, lost = known(parents), {}
    for dataset in cells.datasets:
        vaes = cells.of("vae", dataset).filter(lambda c: {CODES, SAMPLES} <= c.metrics.keys())
        recon, drawn = (typical(vaes, table.measure(name)) for name in (CODES, SAMPLES))
        if recon is not None and drawn is not None:
            lost[dataset] = recon, drawn
    blurred = say.sharpness(known(sharp))
    point = say.idea(lost)
    if hybrids:
        point = say.tried(hybrids, known(tried), asked.strengths)
    why: list[Sentence] = []
    if len(hybrids) > 1:
        why += voice().families.ranked([*parents, *tried])
    elif hybrids:
        why += say.hybrid(hybrids[0], tried)
    if hybrids and blurred:
        why += [*blurred, *say.kept(known(sharper))]
    why += voice().telling.against(fid, asked.strengths)
    if not hybrids:
        exception = models.exception(best, fid)
        except_for = [say.exception(*exception)] if exception else []
        why += [] if models.ahead_everywhere("vae", fid) else [say.encoder(fid)]
        last = voice().conclusion.converged(cells.filter(lambda c: c.family in PARENTS))
        why += [*except_for, *blurred, *say.lost(lost), *([last] if last else [])]
    reason = voice().sure.likely("blurred" if blurred and not hybrids else "")
    return asked.answer(point, why, "fid_gan_vs_vae", reason)
