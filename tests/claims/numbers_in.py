"""Find the numbers a text prints, and whether a value may be printed so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"(?<![\w.,])[-−]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")


def numbers_in(text: str) -> list[str]:
    """Every number printed in a text; commands in backticks are not prose."""
    return [m.rstrip(",") for m in _NUMBER.findall(re.sub(r"`[^`]*`", "", text))]


def is_printed_form(token: str, values: Iterable[float]) -> bool:
    """Whether the token is one of the values, rounded to the digits it shows."""
    plain = token.replace(",", "").replace("−", "-")
    mantissa, _, exponent = plain.partition("e")
    step = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    # Binary halves may round either way; 1e-9 of a step is no digit of anything.
    return any(abs(float(plain) - v) <= 0.5 * step * (1 + 1e-9) for v in values)


def unexplained(text: str, numbers: Mapping[str, float]) -> list[str]:
    """Numbers of a text that no entry of `numbers` explains."""
    return [t for t in numbers_in(text) if not is_printed_form(t, numbers.values())]
