"""How to combine both models, in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.configurations import measured
from labkit.claims.sentences.numbers import Numbers, decimals_for, fits
from labkit.claims.verdict import weakest

if TYPE_CHECKING:
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.findings.families import Families
    from labkit.claims.sentences.en.levels import Strengths

#: A decoder loses more than the prior where reconstructions have so much of the samples' FID.
DECODER = 0.5


def nothing(found: Sequence[Families]) -> Sentence:
    """No measured reason for one idea or another."""
    return Numbers().sentence(
        "not measured: the table does not let both families be compared; an adversarial VAE is "
        "the usual idea.", found,
    )  # fmt: skip


def idea(lost: Mapping[str, tuple[float, float]], fid: Sequence[Families]) -> Sentence:
    """What to try, from where the VAE loses most and who is ahead."""
    judged = "images"
    if not all(
        by_decoder(*each) for each in lost.values()
    ):  # somewhere it is the codes that miss the prior
        judged = "images, from encoded and from random codes"
    if fid and all(f.ahead == "vae" for f in fid):
        return Sentence(
            "An adversarial VAE: keep the VAE, which is ahead here, and let one discriminator judge "
            f"its {judged}."
        )
    return Sentence(
        f"An adversarial VAE: keep the encoder, and let one discriminator judge decoded {judged}."
    )


def encoder() -> Sentence:
    """A fact of the models, not of the runs."""
    return Sentence("Only VAEs can encode an image.")


def sharpness(found: Sequence[Families]) -> list[Sentence]:
    """How much of the sharpness of real images VAEs lose, where GANs lose less."""
    n = Numbers()
    parts = [
        f"{n.share(f'sharpness lost, vae{names.on(f.dataset)}', f.mean_b)}{names.on(f.dataset)}"
        for f in found
        if f.ahead == "gan"
    ]
    if not parts or len(parts) < len(found):
        return []
    worst = max(f.mean_a for f in found)
    gans = n.share("sharpness off, gan", worst)
    return [
        n.sentence(
            f"GANs are on average within {gans} of the sharpness of real images; VAEs are blurrier, "
            f"by {names.listing(parts)}.", found,
        )
    ]  # fmt: skip


def lost(found: Mapping[str, tuple[float, float]]) -> list[Sentence]:
    """Where a VAE loses more: in its decoder, or with random codes.

    Args:
        found: data set to a VAE's FID of reconstructions and of samples.
    """
    codes = {d: recon for d, (recon, samples) in found.items() if not by_decoder(recon, samples)}
    decoder = {d: recon for d, (recon, _) in found.items() if d not in codes}
    together = _lost(codes, decoder)
    if fits(together):
        return [together] if found else []
    return [_lost(codes, {}), _lost({}, decoder)]


def by_decoder(recon: float, samples: float) -> bool:
    """Whether reconstructions have so much of the samples' FID that the decoder is to blame."""
    return recon >= DECODER * samples


def _lost(codes: Mapping[str, float], decoder: Mapping[str, float]) -> Sentence:
    """ "Reconstructions of VAEs have FID 0.4 on MNIST, under half that of samples: ..."."""
    n = Numbers()
    decimals = decimals_for((*codes.values(), *decoder.values()))

    def values(found: Mapping[str, float]) -> str:
        return names.listing(
            n.value(f"FID of reconstructions{names.on(d)}", v, decimals) + names.on(d)
            for d, v in found.items()
        )

    of = " that of samples"
    parts = []
    if codes:
        parts.append(f"{values(codes)}, under half{of}: random codes are the weak point")
    if decoder:
        rest = ": the decoder is" if codes else f"{of}: the decoder is the weak point"
        parts.append(f"{values(decoder)}, at least half{rest}")
    return n.sentence(f"reconstructions of VAEs have FID {'; '.join(parts)}.")


def exceptions(best: Sequence[Configurations], fid: Sequence[Families]) -> list[Sentence]:
    """Where the weaker family's best setting beats all of the other: by FID, else by coverage."""
    ahead = {f.dataset: str(f.ahead) for f in fid if f.ahead is not None}
    by = {(f.metric, f.dataset, f.family): f for f in best if f.order}
    for metric, sign in (("proxy_fid", -1), ("coverage", 1)):
        for dataset, winner in ahead.items():
            loser = "vae" if winner == "gan" else "gan"
            mine, theirs = (by.get((metric, dataset, f)) for f in (loser, winner))
            if mine is None or theirs is None:
                continue
            if sign * (mine.values[0] - theirs.values[0]) > _rounding(mine) + _rounding(theirs):
                return [_exception(mine, theirs, sign)]
    return []


def _exception(mine: Configurations, theirs: Configurations, sign: int) -> Sentence:
    """ "One VAE beats every GAN in coverage on MNIST: latent 8 (58 %)"."""
    n = Numbers()
    name = names.cell(mine.best, Cells(mine.cells), seeds=False)
    value = measured(n, mine, f"best {mine.family}", mine.values[0])
    other = names.family(theirs.family)
    every = f"every {other}" if len(theirs.order) > 1 else f"the {other}"
    others, worst = mine.values[1:], theirs.values[-1]
    behind = bool(others) and all(sign * (v - worst) < 0 for v in others)
    tail = f"; the others are behind {every}" if behind else ""
    return n.sentence(
        f"one {names.family(mine.family)} beats {every} in {names.short(mine.metric)}"
        f"{names.on(mine.dataset)}: {name} ({value}){tail}.", [mine, theirs],
    )  # fmt: skip


def _rounding(found: Configurations) -> float:
    """How far rounding leaves the best value open."""
    value = found.best.metrics.get(found.metric)
    return value.half if value else 0.0


def tried(hybrids: Sequence[str], found: Sequence[Families], strengths: Strengths) -> Sentence:
    """Which of the hybrids that were trained did best against both parents."""
    n = Numbers()
    won = {
        h: all(f.ahead == h for f in found if h in (f.a, f.b))
        and any(h in (f.a, f.b) for f in found)
        for h in hybrids
    }
    names_ = [names.family(h) for h in hybrids if won[h]]
    if names_:
        mine = [strengths[f.id] for f in found if any(won[h] and h in (f.a, f.b) for h in hybrids)]
        sure = "clearly " if weakest(mine) == "clear" else ""
        return n.sentence(
            f"the {names.listing(names_)}: of what was tried, {'it' if len(names_) == 1 else 'they'} "
            f"{sure}beat both parents by proxy FID.", found,
        )  # fmt: skip
    if len(hybrids) == 1:
        return n.sentence(
            f"the {names.family(hybrids[0])}, which was tried, did not beat both parents by proxy FID.",
            found,
        )  # fmt: skip
    return n.sentence(
        f"none of those tried ({names.listing(names.family(h) for h in hybrids)}) beat both parents by "
        "proxy FID.", found,
    )  # fmt: skip


def hybrid(name: str, found: Sequence[Families]) -> list[Sentence]:
    """One hybrid's FID beside its parents', data set by data set."""
    n, parts = Numbers(), []
    for dataset in dict.fromkeys(f.dataset for f in found if f.missing is None):
        here = [f for f in found if f.dataset == dataset and f.missing is None]
        decimals = decimals_for([v for f in here for v in (f.mean_a, f.mean_b)], apart=False)
        on = names.on(dataset)
        mine = n.value(f"FID, {name}{on}", here[0].mean_a, decimals)
        others = names.listing(
            f"{n.value(f'FID, {f.b}{on}', f.mean_b, decimals)} of the {names.family(f.b, True)}"
            for f in here
        )
        parts.append(f"{mine} against {others}{on}")
    if not parts:
        return []
    return [n.sentence(f"FID of the {names.family(name)}: {'; '.join(parts)}.", found)]
