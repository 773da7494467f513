"""How sure an answer is, what would settle it, and what the literature says of it, in English."""

from collections.abc import Sequence

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence, Settle
from labkit.claims.finding import Finding
from labkit.claims.findings.families import Families
from labkit.claims.findings.levels import Contrast
from labkit.claims.seeds_needed import STEPS, WORTH
from labkit.claims.sentences import judged
from labkit.claims.sentences.en import grammar, names
from labkit.claims.sentences.numbers import dataset_label, place

#: The pattern a table shows to its textbook explanation: a hypothesis, not tested in these runs.
REASONS = {
    "larger_codes_worse_samples": "the larger the code, the fewer random codes lie near those of "
    "training images (Rosca et al. 2018)",
    "larger_codes_better_both": "a code of few dimensions cannot tell images apart, so the decoder "
    "averages over them (Kingma and Welling 2014)",
    "wasserstein_few_steps": "a Wasserstein critic's gradient means little until it is near its "
    "optimum, which takes several steps each time (Arjovsky et al. 2017)",
    "clipping": "clipping weights limits what the critic can express (Gulrajani et al. 2017)",
    "gradient_penalty": "a penalty on the critic's gradient keeps it smooth where images lie "
    "(Gulrajani et al. 2017)",
    "spectral_norm": "spectral normalisation bounds how steep the discriminator can be (Miyato et "
    "al. 2018)",
    "mode_collapse": "a generator is rewarded for images that pass as real, not for covering every "
    "class (Goodfellow 2016)",
    "blurred": "a discriminator sees blur (Larsen et al. 2016)",
    "free_codes": "nothing makes a generator use a code that nobody reads (Chen et al. 2016)",
    "growing": "the coarse form of an image is learnt first, while it is all there is to learn "
    "(Karras et al. 2018)",
    "straight_paths": "the straighter the paths the network learnt, the fewer steps follow them "
    "(Liu et al. 2023)",
    "larger_beta": "a larger β pays for a code nearer to the prior with what the code says about "
    "the image (Higgins et al. 2017)",
}


def basis(
    found: Sequence[Finding], odd: Cell | None, among: Cells, beside: Sequence[Finding] = ()
) -> str:
    """Whose noise the findings were judged by, in a sentence; empty where nothing was measured.

    An odd cell is one of the table that kept a reference from being used; what was told `beside`
    and compared, but not judged, is named.
    """
    noise, seeds = judged.basis_of(found)
    untested = ""
    if compared := judged.only_compared(found, beside):
        untested = f"; {names.listing(map(names.metric, compared))} only compared, not tested"
    if noise is not None:
        how = "; the usual run-to-run variation is that of repeated trainings that come with labkit"
        own = noise.source == "own"
        how = ", judged by their own variation" if own else f"{how} ({noise.name})"
        return f"{names.counted(seeds, 'seed')}{how}{untested}."
    if not seeds:
        return ""
    departs = "departs so far from the rest that the usual run-to-run variation does not apply"
    why = f"; {names.cell(odd, among)} {departs}" if odd is not None else ""
    sides = next((f for f in found if isinstance(f, Families)), None)
    if not why and seeds == 1 and sides is not None:
        a, b = (names.family(f, several=True) for f in sides.sides)
        why = f"; {a} against {b} is not tested here"
    return f"{names.counted(seeds, 'training')} per setting{why}, so chance is not ruled out."


def settle(plan: Settle | None, found: Finding | None = None) -> str:
    """What run would settle what was found, in a sentence; empty where nothing is open."""
    if plan is None:
        return ""
    what = ""
    if isinstance(found, Contrast):
        a, b = names.levels(found.factor, (found.a, found.b))
        what = f" {a} from {b} by {names.short(found.metric)}{place(found.dataset)}"
    if isinstance(found, Families):
        a, b = (names.family(f, several=True) for f in (found.a, found.b))
        what = f" {a} from {b}{place(found.dataset)}"
    if not plan.seeds:
        return f"even {grammar.count(STEPS[-1])} seeds would hardly tell{what or ' more'}."
    if plan.seeds > WORTH:
        return (
            f"about {plan.seeds} seeds would be needed to tell{what or ' whether that is chance'}."
        )
    about = [f"`{plan.command}`"] if plan.command else []
    about += [] if plan.seconds is None else [f"about {names.duration(plan.seconds)} more"]
    how = f" ({', '.join(about)})" if about else ""
    # Without a known variation the number of seeds is a guess.
    would = "may" if found is not None and found.noise is None else "would likely"
    return (
        f"{grammar.count(plan.seeds)} seeds {would} tell{what or ' whether that is chance'}{how}."
    )


def likely(pattern: str, datasets: Sequence[str] = ()) -> Sentence | None:
    """The explanation of a pattern seen on some data sets (none named: on all), as untested."""
    if not pattern:
        return None
    where = f" on {names.listing(map(dataset_label, datasets))}" if datasets else ""
    what = "Why it may help" if pattern in judged.IDEAS else "A likely reason"
    return Sentence(f"{what}{where} (not tested here): {REASONS[pattern]}.")
