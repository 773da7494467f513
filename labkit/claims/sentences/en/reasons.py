"""What the literature says of a pattern: hypotheses with their sources, in English.

None of them was tested in the runs at hand, and each says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.sentences.en import names

#: The pattern a table shows to its textbook explanation.
REASONS = {
    "larger_codes_worse_samples": "the larger the code, the more of the prior lies where no "
    "training image was encoded (Rosca et al. 2018)",
    "larger_codes_better_both": "a code of few dimensions cannot tell images apart, so the decoder "
    "averages over them (Kingma and Welling 2014)",
    "wasserstein_few_steps": "a Wasserstein critic's gradient means little until it is near its "
    "optimum, which takes several steps each time (Arjovsky et al. 2017)",
    "clipping": "clipping weights limits what the critic can express (Gulrajani et al. 2017)",
    "gradient_penalty": "a penalty on the critic's gradient keeps it smooth where images lie "
    "(Gulrajani et al. 2017)",
    "spectral_norm": "spectral normalisation bounds how steep the discriminator can be (Miyato et "
    "al. 2018)",
    "mode_collapse": "a generator may win by repeating the few images that fool the discriminator "
    "at the time (Goodfellow 2016)",
    "larger_beta": "a larger β pays for a code nearer to the prior with what the code says about "
    "the image (Higgins et al. 2017)",
}


def likely(pattern: str, datasets: Sequence[str] = ()) -> Sentence | None:
    """The explanation of a pattern, marked as untested; None for no pattern.

    Args:
        pattern: its name.
        datasets: where it was seen, if not everywhere.
    """
    if not pattern:
        return None
    where = f" on {names.listing(map(names.dataset, datasets))}" if datasets else ""
    return Sentence(f"A likely reason{where} (not tested here): {REASONS[pattern]}.")
