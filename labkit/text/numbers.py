"""The format of numbers, names and lists in a report."""

import math
import re
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Any

from labkit.text.language import N_, _

NOT_MEASURED = N_("not measured")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_missing(value: Any) -> bool:
    """Whether a value of a table means *not measured*: None, NaN or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def show(value: Any, digits: int = 3, missing: str | None = None) -> str:
    """Format a number, a text, None or NaN for the reader; `missing` stands for the last two.

    A number that is not whole has so many significant `digits`, but all those before its point.

    >>> show(3.14159), show(1412.3), show(123456), show(0.00001234), show(None)
    ('3.14', '1412', '123,456', '1.23 × 10⁻⁵', 'not measured')
    """
    if is_missing(value):
        return _(NOT_MEASURED) if missing is None else missing
    if isinstance(value, bool):
        return setting(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(show(item, digits) for item in value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if number == 0 or (number == int(number) and not isinstance(value, float)):
        return _sign(str(int(number)))
    mantissa, _e, exponent = f"{number:.{digits - 1}e}".partition("e")
    if int(exponent) < -3:
        return _sign(f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}")
    return _sign(f"{number:.{_places(number, digits)}f}")


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean ± standard deviation of a sample (n − 1), with decimals that show the deviation.

    >>> spread([11.0, 11.4, 12.8]), spread([0.25, 0.25]), spread([9.41])
    ('11.7 ± 0.9', '0.250 ± 0', '9.41')
    """
    if len(values) < 2:
        return show(values[0] if values else None, digits)
    mean, deviation = fmean(values), stdev(values)
    if not deviation:
        return f"{show(mean, digits)} ± 0"
    places = max(_places(mean, digits), _places(deviation, 1)) if mean else _places(deviation, 2)
    return f"{_sign(f'{mean:.{places}f}')} ± {deviation:.{places}f}"


def _places(number: float, digits: int) -> int:
    """Number of decimals that show `digits` significant digits."""
    # The exponent after rounding: 9.996 has its decimal point where 10.0 has it.
    return max(0, digits - 1 - int(f"{number:.{digits - 1}e}".partition("e")[2]))


def _sign(text: str) -> str:
    """Replace a hyphen by a minus sign, and add commas from 10,000 on."""
    head, point, tail = text.removeprefix("-").partition(".")
    if len(head) > 4 and head.isdigit():
        head = f"{int(head):,}"
    return ("−" if text.startswith("-") else "") + head + point + tail


def setting(value: Any) -> str:
    """Format a setting as in an experiment file: 0.0002, 128, (0.5, 0.999)."""
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(setting, value))})"
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if not isinstance(value, float):
        return str(value)
    text = f"{value:g}" if abs(value) < 1e-6 else f"{value:.10f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def duration(seconds: float) -> str:
    """Format seconds: "48 s", "12 min", "3 h 05 min"."""
    if seconds < 99.5:
        return _("{seconds} s", seconds=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 120:
        return _("{minutes} min", minutes=minutes)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=f"{minutes % 60:02d}")


def memory_size(size: float) -> str:
    """Format bytes: "24 GB", "1.5 TB"."""
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            break
    return f"{size:.2g} {unit}" if size < 10 else f"{size:.0f} {unit}"


def listing(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    found = list(items)
    if len(found) < 2:
        return "".join(found)
    return _("{first} and {last}", first=_(", ").join(found[:-1]), last=found[-1])


def joined(sentences: Iterable[str]) -> str:
    """Sentences as running text: a space between them, but none after a full-width stop."""
    return re.sub(r"(?<=[。！？；：]) ", "", " ".join(filter(None, sentences)))


def levels(values: Iterable[Any]) -> list[Any]:
    """The distinct values: first those that are no numbers, as they come, then sorted numbers."""
    found = list(dict.fromkeys(value for value in values if not is_missing(value)))
    numbers = [v for v in found if isinstance(v, (int, float))]
    return [v for v in found if not isinstance(v, (int, float))] + sorted(numbers)


def slug(text: str) -> str:
    """Turn a name into an anchor of letters, digits and dashes."""
    return re.sub(r"[^\w]+", "-", text, flags=re.UNICODE).strip("-").lower()


def capitals(text: str) -> str:
    """Turn a label into a heading: "Final D loss" becomes "Final D Loss"; Greek letters stay."""
    words = text.split(" ")
    return " ".join(w[:1].upper() + w[1:] if w.isascii() else w for w in words)
