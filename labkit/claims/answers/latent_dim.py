"""How did latent dim affect VAE reconstructions and samples?

Tested: all pairs of levels on the reconstruction loss. The samples' proxy FID is quoted from its
own question, and the two are set side by side: larger codes may rebuild better and sample worse.
"""

from itertools import product

from labkit.claims.answers.asked import DIVERSITY, Asked, Quality, quality
from labkit.claims.claim import Answer, Sentence
from labkit.claims.finding import known
from labkit.claims.findings import absence
from labkit.claims.findings.levels import levels, pairs_of_levels
from labkit.claims.measure import first_measured
from labkit.claims.sentences import voice
from labkit.claims.sentences.judged import of_larger_codes
from labkit.claims.table import Table

FACTOR = "latent_dim"
RECONSTRUCTION = ("test_recon_loss", "recon_loss")
TOTAL = ("test_total_loss", "total_loss")


def answer(key: str, table: Table) -> Answer:
    """Reconstructions and samples by size of the code, and where the two part."""
    say = voice().latent_dim
    vaes = table.cells.filter(lambda c: c.family == "vae" and FACTOR in c.settings)
    recon = first_measured(RECONSTRUCTION, vaes) or RECONSTRUCTION[0]
    total = first_measured(TOTAL, vaes)
    rebuilt, drawn = quality(vaes, table, recon), quality(vaes, table)
    diversity = first_measured(DIVERSITY, vaes)
    covered = quality(vaes, table, diversity, [FACTOR]) if diversity else Quality()
    told = known(levels(vaes, FACTOR, table.measure(total), table)) if total else []
    turned = covered.turned_round(vaes, table)
    lost = [f for f in (absence.finished(vaes),) if f.hit]
    beside = (*pairs_of_levels([*told, *turned]), *covered.contrasts, *lost)
    asked = Asked(key, table, tuple(rebuilt.contrasts), beside, drawn)
    reconstructions, samples = (known(q.by_factor.get(FACTOR, ())) for q in (rebuilt, drawn))
    if not reconstructions and not samples:
        missing = levels(vaes, FACTOR, table.measure(recon), table)
        return asked.answer(voice().evidence.nothing(missing))
    point = say.point(reconstructions, samples, asked.strengths)
    why: list[Sentence] = [voice().stability.failed(f) for f in lost]
    why += voice().telling.along(reconstructions, asked.strengths)
    why += say.samples(samples, asked.strengths)
    why += say.total(told)
    why += voice().telling.best(covered.known, asked.strengths, 3, turned)
    # The textbook explanation of what the two show together, and on which data sets.
    patterns = [
        (of_larger_codes(a, b, asked.strengths), b.dataset)
        for a, b in product(reconstructions, samples)
        if a.dataset == b.dataset
    ]
    shown = next((pattern for pattern, _ in patterns if pattern), "")
    where = [dataset for pattern, dataset in patterns if pattern == shown]
    return asked.answer(
        point, why, picture="rate_distortion", rests_on=[*rebuilt.contrasts, *drawn.contrasts],
        reason=voice().sure.likely(shown, where if len(where) < len(samples) else []),
    )  # fmt: skip
