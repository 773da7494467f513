"""Numbers as people write them: 1,234.5, 1.234,5 or 1'234.5, .5, 5e3, 2 × 10⁻⁴, 45 %.

Where a notation can be read in two ways, the usual English one counts and the other is kept, so
that whoever holds a number against a table can say how to write what was meant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

_LETTERS = r"A-Za-z\u00c0-\u024f\u0370-\u052f"
_SPACE = r"[\u00a0\u2007\u2009\u202f]|&nbsp;|&thinsp;|\\,"
_SUPER = "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_EXPONENT = rf"(?:(?:\^|\*\*)\s?\{{?([-+−]?\d{{1,9}})\}}?|([⁺⁻]?[{_SUPER[2:]}]{{1,9}}))"
_SEPARATOR = rf"\\?[.,．，٫]|[·⋅](?!10\s?[\^*{_SUPER}])|\{{,\}}|['’_٬]|{_SPACE}"
#: A number: not a part of a name (z64, v1.2), of another number, or of one with more points.
_NUMBER = re.compile(
    rf"(?<![{_LETTERS}\d])(?<![{_LETTERS}\d]_)(?<!\d[.,·'’])(?<!\d\\[.,])"
    r"[-+−]?(?P<body>(?:\d{1,3}(?:\ \d{3})+(?!\d)|\d+|(?<!\.)\.(?=\d)|(?=[¼-¾⅐-⅞]))"
    rf"(?:(?:{_SEPARATOR}|(?<=\.))\d+)*[¼-¾⅐-⅞]?)"
    rf"(?:[eE](?P<e>[-+−]?\d+)(?![\d{_LETTERS}])"
    rf"|\s?(?:[×x*·⋅]|\\times|\\cdot)\s?10\s?{_EXPONENT}|{_EXPONENT})?"
)
_APART = re.compile(rf"({_SEPARATOR}|\ )")
#: What stands behind a number without a space: "3D", "2nd", "5f3a" make it a name.
_BEHIND = re.compile(rf"(?P<unit>[{_LETTERS}]*)(?P<more>[\d_])?")
_NAMES = ("st", "nd", "rd", "th", "d", "er", "te")
_PERCENT = re.compile(r"\s?(?:\\?[%％٪]|percent\b|per cent\b|pct\b|Prozent\b)", re.IGNORECASE)
_MARKS = str.maketrans("．，⋅٫’٬_−" + _SUPER, ".,··'''-+-0123456789")
#: Largest power of ten of a number that is read.
MOST = 1000
_MONTH = (
    r"(?-i:Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März|Apr(?:il)?|Ma[iy]|June?|Juni|July?"
    r"|Juli|Aug(?:ust)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)\b\.?"
)
#: What is no result: times and dates, sizes of images, digits, places in a text, sources, versions.
_NO_RESULT = re.compile(
    r"(?<![\d.,:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:]|[.,]\d)"
    r"|(?<![\d.,])(?:[01]?\d|2[0-3])(?:\.[0-5]\d)?\ ?(?:Uhr|o['’]clock|[ap]\.?m)\b"
    r"|\b\d{4}-\d\d-\d\d\b|(?<![\d.,])\d\d?([./])\d\d?\1(?:\d{4}|\d\d)(?!\d)"
    rf"|\b(?:[12]?\d|3[01])(?:st|nd|rd|th|\.)?\ {_MONTH}|\b{_MONTH}\ (?:[12]?\d|3[01])\b(?![.,]\d)"
    r"|\b\d+(?:[x×]\d+)+(?:\ ?px)?\b(?![.,]\d)|\b(\d+)\ [x×]\ \2\b(?![.,]\d)"
    r"|(?<![\d.,])0\ ?(?:[-–]|to|bis)\ ?9\b(?![.,]\d)"
    r"|\b(?:digits?|class(?:es)?|Ziffern?|Klassen?)\ \d\b(?![.,]\d)"
    r"(?:(?:,|,?\ (?:and|or|to|und|oder|bis)|\ ?[-–&])\ ?\d\b(?![.,]\d|\ ?%))*"
    r"|(?:数字|类别|第)\s?\d+(?![\d%.])|图\s?\d+|表\s?\d+|\d{4}\s?年|\d{1,2}\s?[月日号]"
    r"|\[\^?\d{1,3}\](?!\()"
    r"|\b(?:arXiv|doi|isbn)(?:\.org)?[\s:/]*[\d.][\w./()-]*"
    r"|(?:§{1,2}|\b(?:sections?|secs?\.|chapters?|chap\.|ch\.|appendix|eqs?\.|equations?"
    r"|Abschnitte?|Kapitel|Gl\.))[\s~(]*\d{1,3}(?:\.\d{1,2})*"
    r"(?:\ ?(?:[-–,&]|and|to|und|bis)\ ?\d{1,3}(?:\.\d{1,2})*(?=[\s).;,]|$))?(?!\d)"
    r"|\b(?:pages?|pp?\.|figures?|figs?\.|tables?|tab\.|lines?|questions?|footnotes?|vol\.|no\.|lab"
    r"|exercise|Seiten?|S\.|Abb\.|Abbildung|Tabelle|Zeile|Frage|Aufgabe|RTX|GTX)[\s~(]*\d{1,4}"
    r"(?:\ ?(?:[-–]|and|to|und|bis)\ ?\d{1,4})?(?![\d%]|[.,]\d|\ %)"
    r"|\b(?:version|release|python|(?:py)?torch|torchvision|numpy|scipy|pandas|matplotlib|jupyter"
    r"|cuda|cudnn|labkit|ubuntu|debian|windows|macos|linux)\ ?v?\d+(?:\.\d+)*(?!\d)",
    re.IGNORECASE,
)
#: The number of a list's item or of a heading.
_OWN = re.compile(r"\s*(?:#{1,6}\s+\d{1,2}(?:\.\d{1,2})*\.?|\d+[.)])\s")
#: Before and behind a number that is no year.
_MEASURE = re.compile(
    r"(?:指标|损失|精确率|召回率|覆盖率|密度|分数|数值)\W*[为是]?\W*$"
    r"|\b(?:FID|KID|loss|precision|recall|coverage|density|score|value)\b(?:\W+\w+){0,2}\W*$",
    re.I,
)
_COUNTED = re.compile(
    r"\s?(?:images|samples|units|steps|batches|seconds|s\b|points|[张个步批秒分])", re.I
)
_END = re.compile(r"[.;!?](?=\s|$)|[。；！？]|\n\s*(?=[-*+|>#\n]|\d+[.)]\s)")


@dataclass(frozen=True)
class Written:
    """A number in a text."""

    start: int
    end: int
    text: str  # as it is written, without a unit
    number: Decimal | None  # as fine as its digits say; None where it cannot be read
    other: str = ""  # in plain notation, if points and commas are meant the other way round
    percent: bool = False
    unit: str = ""  # letters that follow it without a space
    exact: bool = False  # whether it is a power, 10³, and nothing is left open by its digits

    @property
    def half(self) -> Decimal:
        """Half a unit of its last digit."""
        assert self.number is not None
        exponent = self.number.as_tuple().exponent
        return Decimal(0) if self.exact else Decimal(5).scaleb(int(exponent) - 1)


def numbers(text: str) -> Iterator[Written]:
    """Yield the numbers of a text, without those that are parts of names."""
    for match in _NUMBER.finditer(text):
        behind = _BEHIND.match(text, match.end())
        unit = behind["unit"] if behind else ""
        plain = match.end("body") == match.end() and match["body"].isdecimal()
        name = plain and (unit.lower() in _NAMES or (unit and behind and behind["more"]))
        parts = _APART.split(match["body"])
        if name or (len(parts) > 3 and set(parts[1::2]) == {"."} and not _grouped(parts[::2])):
            continue  # a name, a date, a version
        yield from _read(match, bool(_PERCENT.match(text, match.end())), unit)


def results(text: str, starts: bool = False) -> Iterator[Written]:
    """Yield the numbers of a text that may be results; a list's or heading's own are none.

    `starts` says whether a list may begin with it.
    """
    apart = [match.span() for match in _NO_RESULT.finditer(text)]
    if starts and (first := _OWN.match(text)):
        apart.append(first.span())
    for found in numbers(text):
        at = found.start + (found.text[0] in "-−+")
        in_name = any(start <= at < end for start, end in apart)
        if not in_name and not _is_year(found, text):
            yield found


def around(text: str, place: int) -> Iterator[str]:
    """Yield the sentence of a text that a place lies in; with the one before; with two before."""
    start = max(0, place // 1000 - 1) * 1000  # the same part for all that is near
    text, place = text[start : start + 3000], place - start
    ends = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    here = next((i for i, (_a, b) in enumerate(pairwise(ends)) if place < b), 0)
    for back in range(3):
        yield text[ends[max(0, here - back)] : ends[here + 1]]


def read(text: str) -> Written | None:
    """The number a text is, whatever is behind a ±, or None if it is none.

    >>> read("1.234,5").number, read("12.5 ± 0.3").number, read("2 × 10⁻⁴").number, read("high")
    (Decimal('1234.5'), Decimal('12.5'), Decimal('0.0002'), None)
    """
    text = re.split(r"±|\+/-|\(", text)[0].strip()
    found = list(numbers(text))
    if len(found) != 1 or found[0].start or found[0].number is None or found[0].unit:
        return None
    rest = text[found[0].end :]
    return found[0] if not rest.strip() or _PERCENT.fullmatch(rest) else None


def instead(text: str, share: bool = False) -> str:
    """What a table takes instead of a number in another notation; empty where it is none.

    `share` says whether percent mean parts of 1.

    >>> instead("1,234.5"), instead("45 %", share=True), instead("0,05"), instead("high")
    ('; write 1234.5', '; write 0.45', '; decimals take a point: write 0.05', '')
    """
    found = read(text)
    if found is None or found.number is None:
        return ""
    number = found.number / 100 if share and found.percent else found.number
    plain = f"{number:f}" if abs(number.adjusted()) < 9 else f"{number:e}"
    if re.search(r"±|\+/-|\(", text):
        return f"; write {plain}, and a row for each seed"
    point = "decimals take a point: " if "," in text and "." in plain and "." not in text else ""
    return f"; {point}write {plain}"


def _read(match: re.Match[str], percent: bool, unit: str) -> Iterator[Written]:
    body = match["body"]
    parts = _APART.split(body)
    seps = [sep[-1].translate(_MARKS) if sep != "{,}" else "," for sep in parts[1::2]]
    seps = [sep if sep in ".,·" else "'" for sep in seps]
    found = None if body[-1] in "¼½¾" or "⅐" <= body[-1] <= "⅞" else _plain(parts[::2], seps)
    if found is None and "," in seps and len(seps) > 1 and not re.search(r"(?<!\d)0\d", body):
        at = match.start("body")  # a list without spaces: 32,64,128
        for part in body.split(","):
            for each in numbers(part):
                yield replace(each, start=each.start + at, end=each.end + at)
            at += len(part) + 1
        return
    number, other = (None, "") if found is None else (_value(found[0], match), found[1])
    exact = bool(match[5] or match[6]) and body.isdecimal()
    yield Written(match.start(), match.end(), match.group(), number, other, percent, unit, exact)


def _plain(groups: Sequence[str], seps: Sequence[str]) -> tuple[str, str] | None:
    """A number in plain notation, and what else it may be; None if it cannot be read."""
    whole, point = "".join(groups), f"{''.join(groups[:-1])}.{groups[-1]}"
    kinds = set(seps)
    if not seps:
        return whole, ""
    if kinds <= {",", ".", "'"} and len(kinds) == 1 and _grouped(groups):
        if len(seps) > 1 or kinds == {"'"}:
            return whole, ""
        return (whole, point) if kinds == {","} else (point, whole)
    *front, last = seps
    apart = not front or (
        len(set(front)) == 1 and front[0] not in (last, "·") and _grouped(groups[:-1])
    )
    return (point, "") if last != "'" and apart else None


def _grouped(groups: Sequence[str]) -> bool:
    """Whether groups of digits are those of thousands."""
    first, *rest = groups
    return 1 <= len(first) <= 3 and first[0] != "0" and all(len(group) == 3 for group in rest)


def _value(digits: str, match: re.Match[str]) -> Decimal | None:
    """The value, with its power; None where that is out of all bounds."""
    times, power = (match[i] or match[i + 1] for i in (3, 5))
    said = (match["e"] or times or power or "0").translate(_MARKS)
    exponent = int(said) if len(said) < 9 else MOST
    if abs(exponent) >= MOST:
        return None
    found = Decimal(digits)
    try:
        return found**exponent if power and found == int(found) else found.scaleb(exponent)
    except ArithmeticError:
        return None


def _is_year(found: Written, text: str) -> bool:
    """Whether it is a year, which is no result."""
    if not re.fullmatch(r"(?:19\d\d|20\d\d|2100)", found.text) or found.percent or found.unit:
        return False
    return not (
        _MEASURE.search(text[max(0, found.start - 60) : found.start])
        or _COUNTED.match(text, found.end)
    )
