"""What the categories of a code came to mean, in English."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.finding import Finding
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences.en import evidence, names
from labkit.claims.sentences.numbers import Numbers

#: Not at all, in part, in the main.
DEGREES = ("did not find the classes", "found some of the classes", "found the classes")


def nothing(found: Sequence[Finding]) -> Sentence:
    return evidence.nothing(found, why="there are no categories")


def point(found: Sequence[Configurations], least: Sequence[float]) -> Sentence:
    """How far categories became classes on each data set, and the share that says so.

    From the `least` shares on they count as classes in part, and in the main.
    """
    n, parts = Numbers(), list[str]()
    for each in found:
        share = n.share(f"accuracy{names.on(each.dataset)}", each.values[0])
        who, value = "they", f" ({share})"
        if not parts:
            who = "the categories"
            value = f": {share} of samples look like the class of their category"
        degree = DEGREES[sum(each.values[0] >= share for share in least)]
        parts.append(f"{names.on(each.dataset).lstrip()} {who} {degree}{value}".lstrip())
    return n.sentence(f"{'; '.join(parts)}.", found)
