"""The words of the claims, apart from their logic: one module of strings per language.

A language is a module beside this one with the same names as :mod:`.en`. Logic picks
a message by what was computed; a message never computes.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from labkit.catalog import DATASETS, FAMILIES, METRICS, REGISTRIES, Family
from labkit.reporting.claims.cells import Level

LANGUAGES = ("en",)


class Words:
    """One language: messages, and the names of factors, levels, metrics and data sets."""

    def __init__(self, language: str = "en") -> None:
        """Raises `KeyError` for a language there is no module of."""
        if language not in LANGUAGES:
            raise KeyError(language)
        self._texts: Any = import_module(f"{__name__}.{language}")

    def say(self, key: str, **fields: object) -> str:
        """The message `key` with its placeholders filled in."""
        message: str = self._texts.MESSAGES[key]
        return message.format(**fields)

    @staticmethod
    def of(key: str, n: int) -> str:
        """The key of a message about `n` things; one and two have messages of their own."""
        return key + {1: ".one", 2: ".two"}.get(n, "")

    def count(self, n: int) -> str:
        """A whole number in words up to twelve."""
        names: tuple[str, ...] = self._texts.COUNTS
        return names[n] if n < len(names) else str(n)

    def listing(self, items: Iterable[str], word: str = "and") -> str:
        """ "a", "a and b", "a, b and c"."""
        found = list(items)
        if len(found) < 2:
            return "".join(found)
        return f"{', '.join(found[:-1])} {self._texts.LINKS[word]} {found[-1]}"

    def metric(self, name: str) -> str:
        """A metric in the middle of a sentence: "proxy FID"."""
        known: str | None = self._texts.METRIC_NAMES.get(name)
        if known:
            return known
        return _uncapitalised(METRICS[name].label) if name in METRICS else name.replace("_", " ")

    def factor(self, name: str, several: bool = False) -> str:
        """A setting in the middle of a sentence: "z dimension", "z dimensions"."""
        known: tuple[str, str] | None = self._texts.FACTOR_NAMES.get(name)
        if known:
            return known[several]
        for family in FAMILIES.values():
            if name in family.params:
                label = _uncapitalised(family.params[name].label)
                return self.plural(label) if several else label
        return self.plural(name.replace("_", " ")) if several else name.replace("_", " ")

    def plural(self, word: str) -> str:
        found: str = self._texts.plural(word)
        return found

    def level(self, factor: str, level: Level) -> str:
        """A level in the middle of a sentence: "hinge", "z 64"."""
        if isinstance(level, bool):
            return self.say("level.on" if level else "level.off", factor=self.factor(factor))
        known: str | None = self._texts.LEVEL_NAMES.get((factor, level))
        if known:
            return known
        text = self._plain(factor, level)
        template: str = self._texts.LEVEL_TEMPLATES.get(factor, "")
        if template:
            return template.format(level=text)
        if isinstance(level, (int, float, tuple)):
            return f"{self.factor(factor)} {text}"
        return text

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
                    return str(entry.label)
        return str(level).replace("_", " ")

    def dataset(self, name: str) -> str:
        """A data set as a reader knows it: "Fashion-MNIST"."""
        return DATASETS[name].label if name in DATASETS else name

    def where(self, dataset: str) -> str:
        """ " on MNIST"; empty if the table names no data set."""
        return self.say("where", dataset=self.dataset(dataset)) if dataset else ""

    def family(self, name: str, several: bool = False) -> str:
        """ "GAN", "GANs"."""
        entry: Family | None = FAMILIES.get(name)
        label = entry.label if entry else name.replace("_", "-")
        return self.plural(label) if several else label

    def duration(self, seconds: float) -> str:
        """A time as people say it: "12 min"."""
        found: str = self._texts.duration(seconds)
        return found

    def verdict(self, verdict: str) -> str:
        """A verdict's word in this language."""
        found: str = self._texts.VERDICT_WORDS[verdict]
        return found


def _uncapitalised(label: str) -> str:
    """ "Proxy FID" becomes "proxy FID"; "KL loss" and "D accuracy" stay."""
    first = label.split(" ", 1)[0]
    if len(first) > 1 and first[1:].islower():
        return label[0].lower() + label[1:]
    return label


def capitalised(text: str) -> str:
    """A sentence's first letter."""
    return text[:1].upper() + text[1:]
