"""The words of the claims, apart from their logic.

English stands in the modules beside this one: :mod:`.claims` and :mod:`.answers` have the
messages by key, :mod:`.names` what metrics, settings and levels are called in the middle of a
sentence. Logic picks a message by what was computed; a message never computes. On the way to
the reader each goes through the report's catalogue, like every other fixed text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from labkit.catalog.building import DATASETS, REGISTRIES
from labkit.catalog.entries import Family
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.claims.cell import NONE, Level
from labkit.claims.texts import answers, claims, names
from labkit.text import numbers
from labkit.text.language import _, many

#: The English messages, by key.
MESSAGES = claims.MESSAGES | answers.MESSAGES


class Words:
    """Messages, and the names of factors, levels, metrics and data sets."""

    def say(self, key: str, **fields: object) -> str:
        """The message `key` with its placeholders filled in."""
        return _(MESSAGES[key], **fields)

    @staticmethod
    def of(key: str, n: int) -> str:
        """The key of a message about `n` things; one and two have messages of their own."""
        return key + {1: ".one", 2: ".two"}.get(n, "")

    def count(self, n: int) -> str:
        """A whole number in words up to twelve."""
        return _(names.COUNTS[n - 1]) if 0 < n <= len(names.COUNTS) else str(n)

    def listing(self, items: Iterable[str]) -> str:
        """ "a", "a and b", "a, b and c"."""
        return numbers.listing(items)

    def metric(self, name: str) -> str:
        """A metric in the middle of a sentence: "proxy FID"."""
        known = metric_name(name)
        return _(known) if known else name.replace("_", " ")

    def factor(self, name: str, several: bool = False) -> str:
        """A setting in the middle of a sentence: "z dimension", "z dimensions"."""
        known = factor_name(name)
        if known:
            return many(*known, 2 if several else 1)
        own = name.replace("_", " ")
        return plural(own) if several else own

    def level(self, factor: str, level: Level) -> str:
        """A level in the middle of a sentence: "hinge", "z 64"."""
        if isinstance(level, bool):
            return self.say("level.on" if level else "level.off", factor=self.factor(factor))
        known = names.LEVELS.get((factor, level))
        if known:
            return _(known)
        text = self._plain(factor, level)
        if factor in names.LEVEL_TEMPLATES:
            return _(names.LEVEL_TEMPLATES[factor], level=text)
        if isinstance(level, (int, float, tuple)):
            return f"{self.factor(factor)} {text}"
        return text

    def named(self, factor: str, level: Level) -> str:
        """A level with its factor where it does not tell itself: "optimiser Adam", "z 64"."""
        text = self.level(factor, level)
        tells = (factor, level) in names.LEVELS or not isinstance(level, str)
        return text if tells else f"{self.factor(factor)} {text}"

    def levels(self, factor: str, levels: Iterable[Level]) -> str:
        """Several levels; numbers share their noun: "z 32, 64 and 128"."""
        found = list(levels)
        if not found or not all(
            isinstance(v, (int, float)) and not isinstance(v, bool) for v in found
        ):
            return self.listing(self.level(factor, v) for v in found)
        rest = [self._plain(factor, v) for v in found[1:]]
        return self.listing([self.level(factor, found[0]), *rest])

    def bare(self, factor: str, level: Level) -> str:
        """A level where its noun is clear: "64", "hinge"."""
        if isinstance(level, (int, float, tuple)) and not isinstance(level, bool):
            return self._plain(factor, level)
        return self.level(factor, level)

    def _plain(self, factor: str, level: Level) -> str:
        if isinstance(level, tuple):
            return f"({', '.join(self._plain(factor, part) for part in level)})"
        if isinstance(level, str):
            for family in FAMILIES.values():
                param = family.params.get(factor)
                entry = REGISTRIES.get(param.choices, {}).get(level) if param else None
                if entry is not None:
                    return _(entry.label)
        return _("none") if level == NONE else str(level).replace("_", " ")

    def dataset(self, name: str) -> str:
        """A data set as a reader knows it: "Fashion-MNIST"."""
        return DATASETS[name].label if name in DATASETS else name

    def where(self, dataset: str) -> str:
        """ " on MNIST"; empty if the table names no data set."""
        return self.say("where", dataset=self.dataset(dataset)) if dataset else ""

    def family(self, name: str, several: bool = False) -> str:
        """ "GAN", "GANs"."""
        entry: Family | None = FAMILIES.get(name)
        if entry:
            return many(entry.label, plural(entry.label), 2 if several else 1)
        own = name.replace("_", "-")
        return plural(own) if several else own


class Writer:
    """Formats the numbers of one claim and remembers every one of them."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.numbers: dict[str, float] = {}
        self.shown: dict[str, str] = {}

    def number(self, name: str, value: float, decimals: int) -> str:
        """A number as text, kept under a name."""
        text = fixed(value, decimals)
        self.numbers[name] = float(value)
        self.shown[name] = text
        return text

    def keep(self, numbers: Mapping[str, float]) -> None:
        """Numbers the statement rests on though its text does not print them."""
        self.numbers.update(numbers)

    def count(self, name: str, n: int) -> str:
        """A count: a word up to twelve, digits from there on."""
        self.numbers[name] = float(n)
        self.shown[name] = self.words.count(n)
        return self.shown[name]

    def digits(self, name: str, n: int) -> str:
        """A count in digits, as in "5 of 6 cells"."""
        return self.number(name, n, 0)

    def level(self, factor: str, level: Level) -> str:
        """A level in words: "hinge", "z 64", "latent 16"."""
        for i, part in enumerate(level if isinstance(level, tuple) else (level,)):
            if isinstance(part, (int, float)) and not isinstance(part, bool):
                name = f"{factor} {level}" if not i else f"{factor} {level} ({i + 1})"
                self.numbers[name] = float(part)
                self.shown[name] = str(part)
        return self.words.level(factor, level)

    def levels(self, factor: str, levels: Iterable[Level]) -> str:
        """ "hinge and BCE"; numbers of one factor share their noun: "z 32, 64 and 128"."""
        found = list(levels)
        for level in found:
            self.level(factor, level)
        return self.words.levels(factor, found)


def fixed(value: float, decimals: int) -> str:
    """Fixed-point text with a true minus sign, and no negative zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def decimals_for(values: Iterable[float], digits: int, typed: int | None = None) -> int:
    """Decimals with which values stand side by side.

    The largest shows `digits` significant digits; values that differ are printed
    differently if three more decimals can do it; no more decimals than were typed.

    Args:
        values: finite numbers.
        digits: significant digits of the largest.
        typed: decimals the values were given with; None for exact doubles.
    """
    found = list(values)
    largest = max((abs(v) for v in found), default=0.0)
    start = 0 if largest == 0 else max(0, digits - 1 - math.floor(math.log10(largest)))
    if largest and all(float(v).is_integer() for v in found):
        start = 0
    distinct = len(set(found))
    chosen = next(
        (d for d in range(start, start + 4) if len({fixed(v, d) for v in found}) == distinct),
        start,
    )
    return chosen if typed is None else min(chosen, typed)


def metric_name(name: str) -> str | None:
    """A metric in the middle of a sentence; None if the catalog has none of this name."""
    if name in names.METRIC_NAMES or name not in METRICS:
        return names.METRIC_NAMES.get(name)
    return _uncapitalised(METRICS[name].label)


def factor_name(name: str) -> tuple[str, str] | None:
    """A setting in the middle of a sentence, one and several; None if labkit has no such."""
    if name in names.FACTOR_NAMES:
        return names.FACTOR_NAMES[name]
    label = next((f.params[name].label for f in FAMILIES.values() if name in f.params), None)
    if label is None:
        return None
    return _uncapitalised(label), plural(_uncapitalised(label))


def plural(word: str) -> str:
    """An English plural good enough for labels: GANs, losses, epochs."""
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _uncapitalised(label: str) -> str:
    """ "Proxy FID" becomes "proxy FID"; "KL loss" and "D accuracy" stay."""
    first = label.split(" ", 1)[0]
    if len(first) > 1 and first[1:].islower():
        return label[0].lower() + label[1:]
    return label


def number_name(name: str) -> str:
    """What a number of a claim is, as a reader sees it; keys of the table stay as they are.

    >>> number_name("difference, low"), number_name("proxy_fid, best"), number_name("seed 42")
    ('difference, low', 'proxy_fid, best', 'seed 42')
    """
    return ", ".join(map(_number_part, name.split(", ")))


def _number_part(part: str) -> str:
    def said(match: re.Match[str]) -> str:
        return _(match[0]) if match[0] in names.NUMBERS else match[0]

    return re.sub(r"^.*?(?= \d+$| \(\d+\)$|$)", said, part, count=1)


def capitalised(text: str) -> str:
    """A sentence's first letter."""
    return text[:1].upper() + text[1:]
