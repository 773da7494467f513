"""Findings and strengths in words: one package a language, with the same functions in each.

A sentence decides nothing and computes nothing but roundings: every number it prints is a field
of a finding. Answers take their words from :func:`voice`.
"""

from types import ModuleType


def voice() -> ModuleType:
    """The sentence functions of the language a report is written in."""
    from labkit.claims.sentences import en  # each language is loaded when it is spoken

    return en
