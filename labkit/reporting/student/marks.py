"""A student's Markdown with its marks filled in: values, statements, doubtful numbers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING, Literal

from labkit.catalog import METRICS
from labkit.claims.cells import Cells
from labkit.claims.claim import Claim
from labkit.claims.sentences.numbers import decimals_for, fixed
from labkit.claims.statements import Checked, StatementError, check_statement, suggestion
from labkit.claims.verdict import FIRM
from labkit.text.language import _

if TYPE_CHECKING:
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
    note: str = ""
    """What to say about it: a verdict, "matches no value of the table", the mistake."""
    checked: Checked | None = None
    """For a claim: what the table makes of it."""
    line: int = 1
    """Line within the text given, from 1; only set for values, claims and numbers."""

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

    A statement that is among the computed `claims` gets their strength.
    """
    known = sorted({abs(number) for number in _numbers(table.cells, claims)})
    segments: list[Segment] = []
    fenced = False
    for number, line in enumerate(without_comments(words).split("\n"), 1):
        fence = bool(FENCE.match(line))
        code = fence or fenced
        fenced ^= fence
        pieces = [Segment("text", line)] if code else _pieces(line, table, known, claims)
        segments.append(Segment("text", "" if number == 1 else "\n"))
        segments += (replace(piece, line=number) for piece in pieces)
    return tuple(_joined(segments))


def _joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbouring pieces of text as one."""
    for plain, group in groupby(segments, lambda segment: segment.kind == "text"):
        if not plain:
            yield from group
        elif text := "".join(segment.text for segment in group):
            yield Segment("text", text)


def _pieces(
    line: str, table: Table, known: Sequence[float], claims: Sequence[Claim]
) -> Iterator[Segment]:
    place = 0
    for match in _MARK.finditer(line):
        yield from _plain_text(line[place : match.start()], known, place == 0)
        place = match.end()
        source = match.group()
        if match["value"]:
            yield _value(source, table.cells)
        elif match["claim"]:
            yield _claim(source, table, claims)
        elif match["open"]:
            yield Segment("error", source, _("not closed on this line"))
        else:
            yield Segment("text", source)
    yield from _plain_text(line[place:], known, place == 0)


def _plain_text(text: str, known: Sequence[float], starts: bool) -> Iterator[Segment]:
    """Split text at the numbers that match no value of the table."""
    place = 0
    ordinal = _ORDINAL.match(text) if starts else None
    for match in _NUMBER.finditer(text, ordinal.end() if ordinal else 0):
        percent = text[match.end() :].lstrip().startswith("%")
        if not _is_known(match.group(), percent, known):
            yield Segment("text", text[place : match.start()])
            yield Segment("number", match.group(), _("matches no value of the table"))
            place = match.end()
    yield Segment("text", text[place:])


def _value(source: str, cells: Cells) -> Segment:
    match = _VALUE.fullmatch(source)
    if not match:
        only = _("only {form} is understood", form='{{ value("RUN", "METRIC") }}')
        return Segment("error", source, only)
    run, metric = match["run"], match["metric"]
    cell = next((c for c in cells if c.run == run), None)
    if cell is None:
        why = _("no run '{run}'", run=run) + suggestion(run, [c.run for c in cells])
    elif metric == "best_epoch" and cell.best_epoch is not None:
        return Segment("value", str(cell.best_epoch), f"{run}: {metric}")
    elif metric not in METRICS:
        why = _("no metric '{name}'", name=metric) + suggestion(metric, METRICS)
    elif found := cell.metrics.get(metric):
        decimals = decimals_for([found.value]) if found.decimals is None else found.decimals
        return Segment("value", fixed(found.value, decimals), f"{run}: {metric}")
    else:
        why = _("{metric} of {run} was not measured", metric=metric, run=run)
    return Segment("error", source, why)


def _claim(source: str, table: Table, claims: Sequence[Claim]) -> Segment:
    statement = source.removeprefix("[claim:").removesuffix("]").strip()
    try:
        checked = check_statement(statement, table, claims)
    except StatementError as error:
        return Segment("error", source, str(error))
    return Segment("claim", checked.text, f"{_stance(checked)[1]}: {statement}", checked)


def _numbers(cells: Cells, claims: Sequence[Claim]) -> Iterator[float]:
    """The numbers of a table and its claims; every epoch; how many cells, seeds, levels there are.

    A number may come more than once.
    """
    for cell in cells:
        yield from (m.value for m in (*cell.metrics.values(), *cell.first.values()))
        yield cell.seed
        for level in cell.settings.values():
            parts = level if isinstance(level, tuple) else (level,)
            yield from (part for part in parts if isinstance(part, (int, float)))
    for claim in claims:
        yield from claim.sentence.numbers.values()
    yield from (len(cells), len(cells.seeds), len(cells.datasets), len(cells.families))
    for some in map(cells.of, cells.families):
        yield len(some)
        yield from map(len, some.levels.values())
        yield from (len(some.of(dataset=dataset)) for dataset in cells.datasets)
    epochs = [c.settings.get("epochs") for c in cells]
    last = max((e for e in epochs if isinstance(e, int)), default=0)
    yield from range(1, min(last, 10_000) + 1)


def _is_known(text: str, percent: bool, known: Sequence[float]) -> bool:
    """Whether a number matches a known one within the rounding it is written with.

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
    half = 0.5 * 10.0 ** (int(exponent or 0) - decimals) * (1 + 1e-9)

    def near(number: float, half: float) -> bool:
        at = bisect_left(known, number - half)
        return at < len(known) and known[at] <= number + half

    return near(number, half) or (percent and near(number / 100, half / 100))


def without_comments(text: str) -> str:
    """The text with HTML comments blanked, line for line."""
    return _COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
