"""Findings and strengths in words: one package a language, with the same functions in each.

A sentence decides nothing and computes nothing but roundings: every number it prints is a field
of a finding, and which case it words is decided below all languages, in :mod:`.judged`,
:mod:`.sizes`, :mod:`.models` and :mod:`.outcomes`; which sentences there are, in
:mod:`.telling`. Answers take their words from :func:`voice`.
"""

from importlib import import_module
from types import ModuleType

from labkit.text.language import SOURCE, code

#: Languages that have sentences of their own; a report in another has English ones.
SPOKEN = ("en", "zh")


def voice(language: str = "") -> ModuleType:
    """The sentence functions of a language; of the one a report is written in if none is named."""
    wanted = language or code()
    # Each is loaded when it is spoken.
    return import_module(f"{__name__}.{wanted if wanted in SPOKEN else SOURCE}")
