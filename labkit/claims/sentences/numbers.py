"""How measured values are printed: rounded in one place, and every one of them remembered."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from labkit.catalog.building import DATASETS
from labkit.catalog.metrics import SHARES
from labkit.claims.claim import Sentence

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.finding import Finding
    from labkit.claims.findings.change import Change
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.findings.levels import Levels

#: Words of the longest sentence.
LONGEST = 30
#: A character of a script that puts no space between words; two of them make a word.
_CHARACTER = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


class Numbers:
    """The values of one sentence while it is written."""

    #: What stands behind a number of percent; a language may set it another way.
    percent = " %"

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.shown: dict[str, str] = {}

    @classmethod
    def of(cls, sentences: Iterable[Sentence]) -> Self:
        """The values of sentences that become one."""
        found = cls()
        for each in sentences:
            found.numbers |= each.numbers
            found.shown |= each.shown
        return found

    def value(self, name: str, value: float, decimals: int) -> str:
        """A measured value as text, kept under a name."""
        self.numbers[name] = float(value)
        self.shown[name] = fixed(value, decimals)
        return self.shown[name]

    def share(self, name: str, value: float, decimals: int = 0) -> str:
        """A share (0 to 1) in percent, "52 %"; small ones have one decimal at least, "0.4 %"."""
        percent = 100 * value
        text = fixed(percent, max(decimals, 1 if 0.05 <= abs(percent) < 0.95 else 0))
        self.numbers[name] = float(value)
        self.shown[name] = text + self.percent
        return self.shown[name]

    def shares(self, name: str, values: Sequence[float], where: str = "") -> list[str]:
        """The lowest and the highest share; one where there is one, or both print the same."""
        ends = {f"{name} lowest{where}": min(values), f"{name} highest{where}": max(values)}
        ends = ends if len(values) > 1 else {name + where: values[0]}
        return list(dict.fromkeys(self.share(each, value) for each, value in ends.items()))

    def rough(self, name: str, value: float) -> str:
        """A percentage or a ratio: whole from 10 on, else with one decimal."""
        return self.value(name, value, 0 if value >= 10 else 1)

    def measured(self, found: Finding, what: object, value: float, decimals: int) -> str:
        """A value of a finding's metric, of what (a level, a family); a share is in percent."""
        say = self.share if found.metric in SHARES else self.value
        return say(f"{found.metric}, {what}{place(found.dataset)}", value, decimals)

    def mean(self, found: Levels, level: Level, apart: bool = True) -> str:
        """The mean of a level as printed beside those of the others."""
        decimals = decimals_of(found, found.means.values(), apart)
        return self.measured(found, level, found.means[level], decimals)

    def whole(self, found: Configurations, what: str, value: float) -> str:
        """A whole setting's value, as printed beside the best two."""
        return self.measured(found, what, value, decimals_of(found, found.values[:2]))

    def means(self, found: Levels) -> list[str]:
        """The lowest and the highest mean; one where both print the same."""
        ends = (end(found.means, key=found.means.__getitem__) for end in (min, max))
        return list(dict.fromkeys(self.mean(found, level) for level in ends))

    def span(self, found: Levels) -> list[str]:
        """The same where nothing is to be told apart: no more decimals than usual."""
        ends = {"lowest": min(found.means.values()), "highest": max(found.means.values())}
        decimals = decimals_of(found, ends.values(), apart=False)
        return list(dict.fromkeys(self.measured(found, k, v, decimals) for k, v in ends.items()))

    def sentence(self, text: str, findings: Iterable[Finding] = ()) -> Sentence:
        """The finished sentence, with the findings it rests on."""
        # Levels of a factor have no row of their own among the evidence: their contrasts have.
        rows = (row for f in findings for row in getattr(f, "contrasts", None) or (f,))
        ids = tuple(dict.fromkeys(row.id for row in rows))
        return Sentence(self.finished(text), self.numbers, self.shown, ids)

    def finished(self, text: str) -> str:
        """A sentence as it stands on a page: its first letter a capital unless it is a symbol."""
        first = text.partition(" ")[0]
        symbol = "_" in first or (len(first) == 1 and first != "a")
        start = first if symbol else text[:1].upper() + first[1:]
        return start + text[len(first) :]


def size(text: str) -> float:
    """How long a text is to a reader, in words.

    >>> size("all twelve GANs were steady"), size("全部 12 个 GAN 都稳定")
    (5.0, 5.0)
    """
    spaced, characters = _CHARACTER.subn(" ", text)
    return characters / 2 + sum(any(map(str.isalnum, w)) or not characters for w in spaced.split())


def fits(found: Sentence) -> bool:
    """Whether a sentence can be read in one breath."""
    return size(found.text) <= LONGEST


def dataset_label(dataset: str) -> str:
    """A data set as a reader knows it, in every language: "Fashion-MNIST"."""
    return DATASETS[dataset].label if dataset in DATASETS else dataset


def place(dataset: str) -> str:
    """The end of a value's name, the same in every language: " on MNIST"; empty without one."""
    return f" on {dataset_label(dataset)}" if dataset else ""


def fixed(value: float, decimals: int) -> str:
    """Fixed-point text with a true minus sign, and no negative zero; powers of ten from 10¹² on.

    >>> fixed(26944512.0, 0), fixed(-1234.5, 1)
    ('26,944,512', '−1234.5')
    """
    text = f"{value:.{decimals}f}" if abs(value) < 1e12 else f"{value:.3g}"
    if 10_000 <= abs(value) < 1e12:
        text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if value == 0 or not text.strip("-0.") else text.replace("-", "−")


def decimals_for(values: Iterable[float], typed: int | None = None, apart: bool = True) -> int:
    """Decimals with which finite values stand side by side: two or three significant digits.

    At most those they were `typed` with (None: exact doubles); up to two more where values that
    differ are to be told `apart`.
    """
    found = list(values)
    largest = max((abs(v) for v in found), default=0.0)
    if largest == 0 or all(float(v).is_integer() for v in found):
        start = 0
    else:
        start = max(0, 1 - min(math.floor(math.log10(largest)), 1))
        start = 1 if start == 0 and largest < 100 else start
    return _enough(found, start, typed, apart)


def decimals_of(found: Finding, values: Iterable[float], apart: bool = True) -> int:
    """Decimals for values of a finding's metric, of their percentage where that is a share."""
    typed = typed_decimals([found])
    if found.metric not in SHARES:
        return decimals_for(values, typed, apart)
    return _enough([100 * v for v in values], 0, typed and max(0, typed - 2), apart)


def _enough(values: Sequence[float], start: int, typed: int | None, apart: bool) -> int:
    distinct = len(set(values))
    tried = range(start, start + 3) if apart else ()
    chosen = next((d for d in tried if len({fixed(v, d) for v in values}) == distinct), start)
    return chosen if typed is None else min(chosen, typed)


def typed_decimals(findings: Iterable[Finding]) -> int | None:
    """Fewest decimals of the typed values some findings rest on; None if all are exact."""
    values = (cell.metrics.get(found.metric) for found in findings for cell in found.cells)
    typed = [v.decimals for v in values if v is not None and v.decimals is not None]
    return min(typed, default=None)


def decimals_of_change(found: Change) -> int:
    """Decimals for both ends of a change, at most those they were typed with."""
    ends = (end.get(found.metric) for cell in found.cells for end in (cell.first, cell.last))
    typed = [m.decimals for m in ends if m is not None and m.decimals is not None]
    return min(typed) if typed else decimals_for((found.first, found.last))
