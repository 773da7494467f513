"""How did latent dim affect VAE reconstructions and samples?

Tested: all pairs of levels on the reconstruction loss. The samples' proxy FID is quoted from its
own question, and the two are set side by side: larger codes may rebuild better and sample worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.answers.asked import Asked
from labkit.claims.answers.quality import quality
from labkit.claims.findings import absence
from labkit.claims.findings.levels import Levels, levels
from labkit.claims.measure import first_measured
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.claim import Answer, Sentence
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
    rebuilt = quality(vaes, table, recon)
    drawn = quality(vaes, table)
    told = _of(levels(vaes, FACTOR, table.measure(total), table)) if total else []
    lost = [f for f in (absence.finished(vaes),) if f.hit]
    asked = Asked(
        key, table, tuple(rebuilt.contrasts),
        (*(c for each in told for c in each.contrasts), *lost), drawn.quoted,
    )  # fmt: skip
    reconstructions = _of(rebuilt.by_factor.get(FACTOR, ()))
    samples = _of(drawn.by_factor.get(FACTOR, ()))
    if not reconstructions and not samples:
        missing = levels(vaes, FACTOR, table.measure(recon), table) if len(vaes) else ()
        return asked.answer(say.nothing([f.missing for f in missing if f.missing]))
    point = say.point(reconstructions, samples, asked.strengths)
    why: list[Sentence] = [voice().stability.failed(f) for f in lost]
    why += voice().courses.course(reconstructions, asked.strengths)
    why += voice().levels.best(samples, asked.strengths)
    why += say.total(told)
    return asked.answer(
        point, why, picture="rate_distortion", reason=_reason(reconstructions, samples, asked),
        rests_on=[*rebuilt.contrasts, *drawn.contrasts],
    )  # fmt: skip


def _reason(rebuilt: list[Levels], drawn: list[Levels], asked: Asked) -> Sentence | None:
    """The textbook explanation of what the two show together, and on which data sets."""
    say = voice()
    by: dict[str, list[str]] = {}
    for a, b in ((a, b) for a in rebuilt for b in drawn if a.dataset == b.dataset):
        if pattern := say.latent_dim.pattern(a, b, asked.strengths):
            by.setdefault(pattern, []).append(b.dataset)
    if not by:
        return None
    pattern, where = next(iter(by.items()))
    reason: Sentence | None = say.sure.likely(pattern, where if len(where) < len(drawn) else [])
    return reason


def _of(found: tuple[Levels, ...]) -> list[Levels]:
    """Those that were measured."""
    return [each for each in found if each.missing is None]
