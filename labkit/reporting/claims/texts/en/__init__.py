"""English."""

from __future__ import annotations

from labkit.reporting.claims.texts.en import answers, claims
from labkit.reporting.claims.texts.en.names import (
    COUNTS,
    FACTOR_NAMES,
    LEVEL_NAMES,
    LEVEL_TEMPLATES,
    LINKS,
    METRIC_NAMES,
    VERDICT_WORDS,
    duration,
    plural,
)

MESSAGES = claims.MESSAGES | answers.MESSAGES

__all__ = [
    "COUNTS",
    "FACTOR_NAMES",
    "LEVEL_NAMES",
    "LEVEL_TEMPLATES",
    "LINKS",
    "MESSAGES",
    "METRIC_NAMES",
    "VERDICT_WORDS",
    "duration",
    "plural",
]
