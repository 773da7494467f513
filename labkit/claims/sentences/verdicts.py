"""A stored verdict on mode collapse in a report's language; the words of others as they stand."""

import re

from labkit.text.language import N_, _

#: What labkit writes (:attr:`labkit.measure.modes.Modes.verdict`), every number in it a field.
PARTS = (
    N_("classes missing: {classes}"),
    N_("under-represented: {classes}"),
    N_("low diversity within class {classes}"),
    N_("near-duplicates: {share} % of samples"),
    N_("repetition: {n} samples are worth {distinct} different ones"),
    N_("repetition: {n} samples are all alike (Vendi score {score})"),
    N_("none detected at N={n}"),
    N_("not measurable at N={n}: {why}"),
    N_("too few samples to miss a class"),
    N_("too few samples to see the variety within a class"),
    N_("only {share} % of the samples look real"),
    N_("the samples are blurred"),
    N_("the samples are noisy"),
)
_KNOWN = [(re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(p))), p) for p in PARTS]


def told(text: str) -> str:
    """A verdict, or a part of one.

    >>> told("none detected at N=10,000; of one student's own mind")
    "none detected at N=10,000; of one student's own mind"
    """
    said = []
    for part in text.split("; "):
        tried = ((known.fullmatch(part), words) for known, words in _KNOWN)
        if found := next(((match, words) for match, words in tried if match), None):
            fields = found[0].groupdict().items()
            part = _(found[1], **{k: told(v).replace(", ", _(", ")) for k, v in fields})
        said.append(part)
    return "; ".join(said)
