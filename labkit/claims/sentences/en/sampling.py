"""What samples of a flow need and are worth, in English."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.finding import Missing
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.evidence import measured, missing
from labkit.claims.sentences.numbers import Numbers


def nothing(reasons: Sequence[Missing]) -> Sentence:
    """No number of steps was compared."""
    return Numbers().sentence(f"not measured: {missing(reasons[0])}.")


def steps(found: Sequence[Configurations]) -> list[Sentence]:
    """How many steps were enough, a sentence a family; the first says what that means."""
    said: list[Sentence] = []
    for family in dict.fromkeys(f.family for f in found):
        n, each = Numbers(), [f for f in found if f.family == family]
        parts = [
            f"{n.value(f'steps{names.on(f.dataset)}', min(f.values), 0)}"
            f"{'' if f is not each[0] else ' steps'}{names.on(f.dataset)}"
            for f in each
        ]
        about = "" if said else ": more improve the FID by less than a tenth"
        text = f"the {names.family(family)} needs {names.listing(parts)} for a sample{about}."
        said.append(n.sentence(text, each))
    return said


def quality(found: Sequence[Configurations]) -> list[Sentence]:
    """The FID of each family's best setting, a sentence a data set."""
    said = []
    for dataset in dict.fromkeys(f.dataset for f in found):
        n, each = Numbers(), [f for f in found if f.dataset == dataset]
        labels = [names.family(f.family) for f in each]
        parts = [
            f"{measured(n, f, k, f.values[0])} ({k})" for k, f in zip(labels, each, strict=True)
        ]
        text = f"{names.on(dataset).lstrip()} the FID was {names.listing(parts)}.".lstrip()
        said.append(n.sentence(text, each))
    return said
