"""How to combine both models, in English."""

from collections.abc import Mapping, Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import by_dataset, known
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.families import Families
from labkit.claims.sentences import models
from labkit.claims.sentences.en import names
from labkit.claims.sentences.judged import Strengths
from labkit.claims.sentences.numbers import Numbers, dataset_label, decimals_for, place


def nothing(found: Sequence[Families]) -> Sentence:
    usual = "an adversarial VAE is the usual idea"
    text = f"not measured: the table does not let both families be compared; {usual}."
    return Numbers().sentence(text, found)


def idea(lost: Mapping[str, tuple[float, float]]) -> Sentence:
    """What to try, from where the VAE loses most."""
    # Where codes nowhere miss the prior, it need not see random ones.
    also = " and samples" if models.lost_to(lost, decoder=False) else ""
    return Sentence(
        "An adversarial VAE: beside reconstruction and KL, train the decoder against one "
        f"discriminator that sees reconstructions{also}."
    )


def encoder(fid: Sequence[Families] = ()) -> Sentence:
    """A fact of the models, not of the runs: why a VAE is kept even where GANs are ahead."""
    if models.ahead_everywhere("gan", fid):
        return Sentence("Yet only VAEs can encode an image.")
    return Sentence("Only VAEs can encode an image.")


def sharpness(found: Sequence[Families]) -> list[Sentence]:
    """How much of the sharpness of real images VAEs lose, where GANs lose less."""
    if not models.ahead_everywhere("gan", found):
        return []
    n = Numbers()
    vaes = names.listing(
        n.share(f"sharpness lost, vae{place(f.dataset)}", f.mean_b)
        + ("" if i else " of real images' sharpness")
        + place(f.dataset)
        for i, f in enumerate(found)
    )
    most = models.blur_of_gans(found)
    gans = "hardly any" if most is None else f"{n.share('sharpness off, gan', most)} or less"
    return [n.sentence(f"VAEs lost {vaes}, GANs {gans}.", found)]


def kept(found: Sequence[Families]) -> list[Sentence]:
    """Which hybrids have the sharpness that VAEs lose; each finding: a hybrid against VAEs."""
    sharp = models.kept_sharp(found)
    if not sharp:
        return []
    n, worst = Numbers(), max(sharp, key=lambda h: sharp[h])
    most = n.share(f"sharpness off, {worst}", sharp[worst])
    told = names.listing(f"the {names.family(h)}" for h in sharp)
    return [n.sentence(f"{told} came within {most} of it.", found)]


def lost(found: Mapping[str, tuple[float, float]]) -> list[Sentence]:
    """What a VAE's FID of reconstructions beside that of samples points to, on each data set."""
    decimals = decimals_for([value for both in found.values() for value in both])
    n, parts = Numbers(), list[str]()
    for decoder in (False, True):
        fids = list[str]()
        here = models.lost_to(found, decoder)
        for d, (recon, drawn) in here.items():
            first = n.value(f"FID of reconstructions{place(d)}", recon, decimals)
            second = n.value(f"FID of samples{place(d)}", drawn, decimals)
            fids.append(f"{first}, samples {second}" if decoder else f"{second} against {first}")
        on = (
            f" on {where}"
            if (where := names.listing(map(dataset_label, filter(None, here))))
            else ""
        )
        fid = "" if parts else "FID "
        if fids and decoder:
            parts.append(
                f"VAE reconstructions{on} are far from real already ({fid}{'; '.join(fids)})"
            )
        elif fids:
            parts.append(
                f"VAE samples{on} are far worse than reconstructions ({fid}{'; '.join(fids)})"
            )
    return [n.sentence(f"{'; '.join(parts)}.")] if parts else []


def exception(mine: Configurations, theirs: Configurations) -> Sentence:
    """ "By coverage on MNIST, one VAE beats every GAN: latent 8 (58 %)"."""
    n = Numbers()
    name = names.cell(mine.best, Cells(mine.cells), seeds=False)
    value = n.whole(mine, f"best {mine.family}", mine.values[0])
    every = f"{'every' if len(theirs.order) > 1 else 'the'} {names.family(theirs.family)}"
    where = f"{names.short(mine.metric)}{place(mine.dataset)}"
    text = f"by {where}, one {names.family(mine.family)} beats {every}: {name} ({value})."
    return n.sentence(text, [mine, theirs])


def tried(hybrids: Sequence[str], found: Sequence[Families], strengths: Strengths) -> Sentence:
    """Which of the hybrids that were trained did best against both parents."""
    won, clear = models.beat_both(hybrids, found, strengths)
    told = names.listing(names.family(h) for h in won or hybrids)
    if won:
        they = f"{'it' if len(won) == 1 else 'they'} {'clearly ' if clear else ''}beat"
        text = f"the {told}: of what was tried, {they} both parents"
    elif len(hybrids) == 1:
        text = f"the {told}, which was tried, did not beat both parents"
    else:
        text = f"none of those tried ({told}) beat both parents"
    return Numbers().sentence(f"{text} by proxy FID.", found)


def hybrid(name: str, found: Sequence[Families]) -> list[Sentence]:
    """One hybrid's FID beside its parents', data set by data set."""
    n, parts = Numbers(), []
    for dataset, here in by_dataset(known(found)).items():
        decimals = decimals_for([v for f in here for v in (f.mean_a, f.mean_b)], apart=False)
        on = place(dataset)
        mine = n.value(f"FID, {name}{on}", here[0].mean_a, decimals)
        fids = ((n.value(f"FID, {f.b}{on}", f.mean_b, decimals), f.b) for f in here)
        others = names.listing(f"{fid} of the {names.family(f, True)}" for fid, f in fids)
        parts.append(f"{mine} against {others}{on}")
    text = f"FID of the {names.family(name)}: {'; '.join(parts)}."
    return [n.sentence(text, found)] if parts else []
