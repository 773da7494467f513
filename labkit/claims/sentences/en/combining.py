"""How to combine both models, in English."""

from collections.abc import Mapping, Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.families import Families
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.evidence import measured
from labkit.claims.sentences.judged import Strengths, by_decoder, exception, lost_to
from labkit.claims.sentences.numbers import Numbers, decimals_for
from labkit.claims.verdict import weakest

#: Who loses no more of the sharpness of real images loses hardly any.
SHARP = 0.05


def nothing(found: Sequence[Families]) -> Sentence:
    usual = "an adversarial VAE is the usual idea"
    text = f"not measured: the table does not let both families be compared; {usual}."
    return Numbers().sentence(text, found)


def idea(
    lost: Mapping[str, tuple[float, float]],
    fid: Sequence[Families],
    strengths: Strengths,
    blurred: bool,
) -> Sentence:
    """What to try, from where the VAE loses most, whether it is blurred, and who is ahead."""
    keep, whose = "encoder", "the"
    if fid and all(f.ahead == "vae" for f in fid):
        open_ = any(strengths[f.id] == "within noise" for f in fid)
        keep, whose = "VAE" if open_ else "VAE, which is ahead", "its"
    verb = "sharpen" if blurred else "judge"
    # Where codes nowhere miss the prior, it need not see random ones.
    also = "" if all(by_decoder(*each) for each in lost.values()) else ", also on random codes"
    return Sentence(
        f"An adversarial VAE: keep the {keep}, and let one discriminator {verb} {whose} decoder{also}."
    )


def encoder(fid: Sequence[Families] = ()) -> Sentence:
    """A fact of the models, not of the runs: why a VAE is kept even where GANs are ahead."""
    if fid and all(f.ahead == "gan" for f in fid):
        return Sentence("Yet only VAEs can encode an image, so the encoder stays.")
    return Sentence("Only VAEs can encode an image.")


def sharpness(found: Sequence[Families]) -> list[Sentence]:
    """How much of the sharpness of real images VAEs lose, where GANs lose less."""
    if not found or any(f.ahead != "gan" for f in found):
        return []
    n = Numbers()
    vaes = names.listing(
        n.share(f"sharpness lost, vae{names.on(f.dataset)}", f.mean_b)
        + ("" if i else " of sharpness")
        + names.on(f.dataset)
        for i, f in enumerate(found)
    )
    most = max(f.mean_a for f in found)
    gans = "hardly any" if most <= SHARP else f"{n.share('sharpness off, gan', most)} or less"
    text = f"VAEs lost {vaes}, GANs {gans}"
    return [n.sentence(f"{text}.", found)]


def lost(found: Mapping[str, tuple[float, float]]) -> list[Sentence]:
    """What a VAE's FID of reconstructions beside that of samples points to, on each data set."""
    decimals = decimals_for([value for both in found.values() for value in both])
    n, parts = Numbers(), list[str]()
    for weak, decoder in (("codes drawn at random", False), ("the decoder", True)):
        fids = list[str]()
        for d, (recon, drawn) in lost_to(found, decoder).items():
            first = n.value(f"FID of reconstructions{names.on(d)}", recon, decimals)
            second = n.value(f"FID of samples{names.on(d)}", drawn, decimals)
            samples = "" if fids or parts else "samples: "
            fids.append(f"{first} ({samples}{second}){names.on(d)}")
        is_ = "is" if decoder else "are"
        why = f"so there it is {weak}" if parts else f"so {weak} {is_} the likely problem"
        parts += [f"{names.listing(fids)}, {why}"] if fids else []
    return [n.sentence(f"VAE reconstructions have FID {'; '.join(parts)}.")] if parts else []


def exceptions(best: Sequence[Configurations], fid: Sequence[Families]) -> list[Sentence]:
    """Where the weaker family's best setting beats all of the other: by FID, else by coverage."""
    found = exception(best, fid)
    return [_exception(*found)] if found else []


def _exception(mine: Configurations, theirs: Configurations) -> Sentence:
    """ "One VAE beats every GAN in coverage on MNIST: latent 8 (58 %)"."""
    n = Numbers()
    name = names.cell(mine.best, Cells(mine.cells), seeds=False)
    value = measured(n, mine, f"best {mine.family}", mine.values[0])
    every = f"{'every' if len(theirs.order) > 1 else 'the'} {names.family(theirs.family)}"
    where = f"{names.short(mine.metric)}{names.on(mine.dataset)}"
    text = f"one {names.family(mine.family)} beats {every} in {where}: {name} ({value})."
    return n.sentence(text, [mine, theirs])


def tried(hybrids: Sequence[str], found: Sequence[Families], strengths: Strengths) -> Sentence:
    """Which of the hybrids that were trained did best against both parents."""
    mine = {h: [f for f in found if h in (f.a, f.b)] for h in hybrids}
    won = [h for h in hybrids if mine[h] and all(f.ahead == h for f in mine[h])]
    told = names.listing(names.family(h) for h in won or hybrids)
    if won:
        clear = weakest([strengths[f.id] for h in won for f in mine[h]]) == "clear"
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
    for dataset in dict.fromkeys(f.dataset for f in found if f.missing is None):
        here = [f for f in found if f.dataset == dataset and f.missing is None]
        decimals = decimals_for([v for f in here for v in (f.mean_a, f.mean_b)], apart=False)
        on = names.on(dataset)
        mine = n.value(f"FID, {name}{on}", here[0].mean_a, decimals)
        fids = ((n.value(f"FID, {f.b}{on}", f.mean_b, decimals), f.b) for f in here)
        others = names.listing(f"{fid} of the {names.family(f, True)}" for fid, f in fids)
        parts.append(f"{mine} against {others}{on}")
    text = f"FID of the {names.family(name)}: {'; '.join(parts)}."
    return [n.sentence(text, found)] if parts else []
