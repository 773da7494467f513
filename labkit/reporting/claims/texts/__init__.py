"""The words of the claims, apart from their logic.

English stands in the modules beside this one: :mod:`.claims` and :mod:`.answers` have the
messages by key, :mod:`.names` what metrics, settings and levels are called in the middle of a
sentence. Logic picks a message by what was computed; a message never computes. On the way to
the reader each goes through the report's catalogue, like every other fixed text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from labkit.catalog import DATASETS, FAMILIES, REGISTRIES, Family
from labkit.reporting import numbers
from labkit.reporting.claims.cells import NONE, Level
from labkit.reporting.claims.texts import answers, claims, names
from labkit.reporting.language import _, many

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
        known = names.metric(name)
        return _(known) if known else name.replace("_", " ")

    def factor(self, name: str, several: bool = False) -> str:
        """A setting in the middle of a sentence: "z dimension", "z dimensions"."""
        known = names.factor(name)
        if known:
            return many(*known, 2 if several else 1)
        own = name.replace("_", " ")
        return names.plural(own) if several else own

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
            return many(entry.label, names.plural(entry.label), 2 if several else 1)
        own = name.replace("_", "-")
        return names.plural(own) if several else own

    def duration(self, seconds: float) -> str:
        """Seconds as people say them: "40 s", "12 min", "3.5 h"."""
        if seconds < 90:
            return _("{seconds} s", seconds=max(1, round(seconds)))
        if seconds < 90 * 60:
            return _("{minutes} min", minutes=round(seconds / 60))
        return _("{hours} h", hours=f"{seconds / 3600:.1f}")


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
