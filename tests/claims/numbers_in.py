"""Find the numbers a text prints, and whether a value may be printed so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_VALUE = re.compile(r"(?<![\w.,])([-−]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)( %)?")


def is_printed_form(token: str, values: Iterable[float]) -> bool:
    """Whether the token is one of the values, rounded to the digits it shows."""
    plain = token.replace(",", "").replace("−", "-")
    mantissa, _, exponent = plain.partition("e")
    step = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    # Binary halves may round either way; 1e-9 of a step is no digit of anything.
    return any(abs(float(plain) - v) <= 0.5 * step * (1 + 1e-9) for v in values)


def unexplained(text: str, numbers: Mapping[str, float]) -> list[str]:
    """Measured values of a text, decimals and percents, that no entry of `numbers` explains."""
    return [
        value + (percent or "")
        for value, percent in _VALUE.findall(re.sub(r"`[^`]*`", "", text))
        if ("." in value or percent)
        and not is_printed_form(value, [*numbers.values(), *(100 * v for v in numbers.values())])
    ]
