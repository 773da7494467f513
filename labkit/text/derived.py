"""Numbers that follow from others beside them: differences, ratios, percentages, other units."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from labkit.text.notation import Written

#: What makes a number larger, and units in which measured ones are said as well.
_LARGER = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6, "tsd": 1e3,
           "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}  # fmt: skip
_UNITS = {"min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0,
          "hours": 3600.0, "gb": 1000.0, "gib": 1024.0, "ms": 1e-3,
          "分": 60.0, "分钟": 60.0, "小时": 3600.0}  # fmt: skip
_UNIT = re.compile(r"[\s-]?([A-Za-z]+|百万|[千万亿]|分钟?|小时)")
_TIMES = re.compile(r"\s?(?:x\b|×|times\b|-?fold\b|-?fach\b|mal\b|倍)", re.I)
_FACTOR = re.compile(r"\b(?:factor|ratio|Faktor|Verhältnis)\b\W*(?:\w+\W+){0,2}$|比值为?\s?$", re.I)
_POINTS = re.compile(r"\W*(?:percentage )?points|\W*pp\b|\s?个?百分点")
_DOWN = re.compile(
    r"\b(?:f[ea]ll|down|drop|decreas|reduc|less\b|lower|fewer|smaller|shr[aiu]nk|sank|gefallen)"
    r"|[下]?[降跌]|减少|低于|[更较]低|少于|小于",
    re.I,
)
_UP = re.compile(
    r"\b(?:r[io]se|up\b|increas|gr[eo]w|more\b|higher|larger|greater|above|gestiegen)"
    r"|[上]?升|增加|提高|高于|[更较]高|多于|大于",
    re.I,
)
_OF = re.compile(r"(?<![\d.,])(\d+)(?:\ (?:out\ )?of\ (?:the\ |all\ )?|/)(\d+)(?![\d]|[.,]\d)")
#: The same with the whole first: "12 个 GAN 中有 3 个".
_AMONG = re.compile(
    r"(?<![\d.,])(\d+)\s?[个次对组][^\d。；，]{0,12}中(?:仅?有)?\s?(\d+)\s?[个次对组]"
)


def sizes(found: Written, line: str) -> list[tuple[float, float]]:
    """What a number of a line may say, each a size and its rounding: as it stands, in units.

    Signs are left to the sentence around it ("down by 12").
    """
    assert found.number is not None
    size = abs(float(found.number))
    half = float(found.half) + 1e-9 * size
    match = _UNIT.match(line, found.end)
    unit = match[1].lower() if match and not found.percent else ""
    times = _LARGER.get(unit, 1.0)
    more = [_UNITS[unit]] if unit in _UNITS else []
    return [(size * scale, half * scale) for scale in (times, *more)]


def shares(found: Written, sentence: str) -> Iterator[float]:
    """Yield the shares that a sentence counts: "3 of 12" is 0.25, and 25 for a percentage."""
    among = ((some, of) for of, some in _AMONG.findall(sentence))
    for some, of in (*_OF.findall(sentence), *among):
        if int(of):
            yield (100 if found.percent else 1) * int(some) / int(of)


def ways(
    found: Written, line: str, sentence: str, named: Iterable[float], share: bool
) -> Iterator[float]:
    """Yield what a number of a line may be, if it follows from the `named` values of one measure.

    "Less" or "fell" in the sentence around it say of what a percentage is; differences of values
    that are a `share` are said in points.
    """
    times = bool(
        _TIMES.match(line, found.end)
        or _FACTOR.search(line[max(0, found.start - 60) : found.start])
    )
    points = share and bool(_POINTS.match(line, found.end))
    down, up = bool(_DOWN.search(sentence)), bool(_UP.search(sentence))
    for a, b in combinations(named, 2):
        low, high = sorted((abs(a), abs(b)))
        if not low or points or not (times or found.percent):
            yield abs(a - b) * (100 if points else 1)
        elif times:
            yield from (high / low, low / high)
        else:
            yield from (100 * abs(a - b) / high for _ in range(down >= up))
            yield from (100 * abs(a - b) / low for _ in range(up >= down))
            yield from (100 * low / high for _ in re.findall(r"%\s+(?:of|as)\b", sentence)[:1])


def near(known: Sequence[float], size: float, half: float) -> bool:
    """Whether one of some known numbers, in order, is within a number's rounding."""
    at = bisect_left(known, size - half)
    return at < len(known) and known[at] <= size + half
