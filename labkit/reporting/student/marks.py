"""A student's Markdown with its marks filled in: values, statements, doubtful numbers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Literal

from labkit.catalog import METRICS
from labkit.claims.sentences.numbers import decimals_for, fixed
from labkit.claims.statements import (
    Checked,
    StatementError,
    check_statement,
    suggestion,
)
from labkit.claims.verdict import FIRM
from labkit.text.language import _

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Claim
    from labkit.claims.table import Table

FENCE = re.compile(r"\s*(```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARK = re.compile(
    r"(?P<code>`[^`\n]*`)|(?P<value>\{\{.*?\}\})|(?P<claim>\[claim:[^\]\n]*\])"
    r"|(?P<link>https?://\S+|\]\([^)\s]*\))|(?P<open>\{\{|\[claim:)"
)
_VALUE = re.compile(
    r"""\{\{\s*value\(\s*(["'])(?P<run>[^"'\n]*)\1\s*,\s*(["'])(?P<metric>[^"'\n]*)\3\s*\)\s*\}\}"""
)
_NUMBER = re.compile(
    r"(?<![\w.,/])[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w]|[.,]\d)"
)
_ORDINAL = re.compile(r"\s*\d+[.)]\s")


@dataclass(frozen=True)
class Segment:
    """A piece of a student's answer as the report shows it."""

    kind: Literal["text", "value", "claim", "number", "error", "heading"]
    """A heading that matches no question is a remark of ``labkit check``, and no piece."""
    text: str
    """What to show: Markdown for "text", plain words otherwise."""
    line: int
    """Line within the text given, from 1."""
    note: str = ""
    """What to say about it: a verdict, "matches no value of the table", the mistake."""
    checked: Checked | None = None
    """For a claim: what the table makes of it."""

    @property
    def ok(self) -> bool:
        """Whether the student need not look at it again."""
        return self.checked.in_these_runs != "no" if self.checked else self.kind == "value"

    @property
    def verdict(self) -> str:
        """Of a claim, as one word for its colour; empty otherwise."""
        return _stance(self.checked)[0] if self.checked else ""

    @property
    def said(self) -> str:
        """What is said of a claim, with a sign that needs no colour; empty otherwise."""
        return _stance(self.checked)[1] if self.checked else ""


def _stance(checked: Checked) -> tuple[str, str]:
    """A verdict for the colour, and the strength with what these runs show."""
    if checked.strength == "not measured":
        return "not measured", f"– {_('not measured')}"
    here = checked.in_these_runs
    if here == "no":
        said = _("refuted") if checked.strength == "refuted" else _("not so in these runs")
        return "not supported", f"✗ {said}"
    if checked.strength in FIRM:
        return "supported", f"✓ {_(checked.strength)}"
    said = _("a tie") if here == "tie" else _("so in these runs")
    return "inconclusive", f"? {said}, {_(checked.strength)}"


def expand(words: str, table: Table, claims: Sequence[Claim] = ()) -> tuple[Segment, ...]:
    """A student's Markdown in pieces: text, values, claims with verdicts, marked numbers.

    Args:
        words: one section's text.
        table: the cells.
        claims: the computed claims; a statement that is among them gets their strength.
    """
    known = _KnownNumbers(table.cells, claims)
    segments: list[Segment] = []
    fenced = False
    for number, line in enumerate(without_comments(words).split("\n"), 1):
        end = "" if number == 1 else "\n"
        fence = bool(FENCE.match(line))
        if fence or fenced:
            fenced ^= fence
            segments.append(Segment("text", end + line, number))
            continue
        segments += [Segment("text", end, number), *_line(line, number, table, known, claims)]
    return _joined(segments)


# ------------------------------------------------------------------ one line


def _line(
    line: str, number: int, table: Table, known: _KnownNumbers, claims: Sequence[Claim]
) -> list[Segment]:
    segments = []
    place = 0
    for match in _MARK.finditer(line):
        segments += _plain_text(line[place : match.start()], number, known, place == 0)
        place = match.end()
        source = match.group()
        if match["value"]:
            segments.append(_value(source, number, table.cells))
        elif match["claim"]:
            segments.append(_claim(source, number, table, claims))
        elif match["open"]:
            segments.append(Segment("error", source, number, _("not closed on this line")))
        else:
            segments.append(Segment("text", source, number))
    return segments + _plain_text(line[place:], number, known, place == 0)


def _plain_text(text: str, number: int, known: _KnownNumbers, starts: bool) -> list[Segment]:
    """Split text at the numbers that match no value of the table."""
    segments = []
    place = 0
    ordinal = _ORDINAL.match(text) if starts else None
    skip = ordinal.end() if ordinal else 0
    for match in _NUMBER.finditer(text, skip):
        percent = text[match.end() :].lstrip()[:1] == "%"
        if known.has(match.group(), percent):
            continue
        segments.append(Segment("text", text[place : match.start()], number))
        segments.append(
            Segment("number", match.group(), number, _("matches no value of the table"))
        )
        place = match.end()
    segments.append(Segment("text", text[place:], number))
    return [s for s in segments if s.text]


def _value(source: str, line: int, cells: Cells) -> Segment:
    match = _VALUE.fullmatch(source)
    if not match:
        only = _("only {form} is understood", form='{{ value("RUN", "METRIC") }}')
        return Segment("error", source, line, only)
    run, metric = match["run"], match["metric"]
    cell = next((c for c in cells if c.run == run), None)
    if cell is None:
        hint = suggestion(run, [c.run for c in cells])
        return Segment("error", source, line, _("no run '{run}'", run=run) + hint)
    if metric == "best_epoch" and cell.best_epoch is not None:
        return Segment("value", str(cell.best_epoch), line, f"{run}: {metric}")
    if metric not in METRICS:
        hint = suggestion(metric, METRICS)
        return Segment("error", source, line, _("no metric '{name}'", name=metric) + hint)
    found = cell.metrics.get(metric)
    if found is None:
        why = _("{metric} of {run} was not measured", metric=metric, run=cell.run)
        return Segment("error", source, line, why)
    decimals = decimals_for([found.value]) if found.decimals is None else found.decimals
    return Segment("value", fixed(found.value, decimals), line, f"{cell.run}: {metric}")


def _claim(source: str, line: int, table: Table, claims: Sequence[Claim]) -> Segment:
    statement = source.removeprefix("[claim:").removesuffix("]").strip()
    try:
        checked = check_statement(statement, table, claims)
    except StatementError as error:
        return Segment("error", source, line, str(error))
    note = f"{_stance(checked)[1]}: {statement}"
    return Segment("claim", checked.text, line, note, checked)


def _joined(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Neighbouring pieces of text as one."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and segment.kind == "text" and joined[-1].kind == "text":
            joined[-1] = replace(joined[-1], text=joined[-1].text + segment.text)
        elif segment.text:
            joined.append(segment)
    return tuple(joined)


# ------------------------------------------------------------------ numbers of the table


class _KnownNumbers:
    """The numbers of a table and its claims, for look-up."""

    def __init__(self, cells: Cells, claims: Sequence[Claim]) -> None:
        values = [m.value for c in cells for m in (*c.metrics.values(), *c.first.values())]
        values += [float(c.seed) for c in cells]
        values += [float(n) for n in _counts(cells)]
        for cell in cells:
            for level in cell.settings.values():
                parts = level if isinstance(level, tuple) else (level,)
                values += [float(p) for p in parts if isinstance(p, (int, float))]
        values += [abs(v) for claim in claims for v in claim.sentence.numbers.values()]
        self._values = sorted({abs(v) for v in values})

    def has(self, text: str, percent: bool) -> bool:
        """Whether a number matches a value within the rounding it is written with.

        Signs are left to the sentence around it ("down by 12"), and years are no results.
        """
        plain = text.replace(",", "").replace("−", "-")
        number = abs(float(plain))
        mantissa, _, exponent = plain.lower().partition("e")
        if not isfinite(number) or len(exponent) > 5:
            return False
        decimals = len(mantissa.partition(".")[2])
        if not decimals and not exponent and 1900 <= number <= 2100:
            return True
        half = 0.5 * 10.0 ** (int(exponent or 0) - decimals)
        return self._near(number, half) or (percent and self._near(number / 100, half / 100))

    def _near(self, number: float, half: float) -> bool:
        reach = half * (1 + 1e-9)
        at = bisect_left(self._values, number - reach)
        return at < len(self._values) and self._values[at] <= number + reach


def _counts(cells: Cells) -> set[int]:
    """How many cells, seeds, data sets, levels there are; and every epoch."""
    counts = {len(cells), len(cells.seeds), len(cells.datasets), len(cells.families)}
    for family in cells.families:
        some = cells.of(family)
        counts |= {len(some), *(len(found) for found in some.levels.values())}
        counts |= {len(some.of(dataset=d)) for d in cells.datasets}
    epochs = [c.settings.get("epochs") for c in cells]
    last = max((e for e in epochs if isinstance(e, int)), default=0)
    return counts | set(range(1, min(last, 10_000) + 1))


def without_comments(text: str) -> str:
    """The text with HTML comments blanked, line for line."""
    return _COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
