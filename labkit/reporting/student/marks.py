"""A student's Markdown with its marks filled in: values, statements, doubtful numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from labkit.catalog import METRICS
from labkit.claims.cells import Cells
from labkit.claims.claim import Claim
from labkit.claims.sentences.numbers import decimals_for, fixed
from labkit.claims.statements import Checked, StatementError, check_statement, suggestion
from labkit.claims.table import Table
from labkit.claims.verdict import FIRM
from labkit.reporting.student.numbers import VALUE, Known
from labkit.text.language import _
from labkit.text.notation import results

FENCE = re.compile(r"\s*(```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARK = re.compile(
    r"(?P<code>`[^`\n]*`)|(?P<value>\{\{.*?\}\})"
    r"|(?P<claim>\[\s*claims?(?:\s*[:：]|\s+(?=[^\]\n]*\b(?:best|worst|lowest|highest|beats|rises"
    r"|falls|alike|matters|trades|collapse)\b))(?P<said>[^\]\n]*)\])"
    r"|(?P<link>https?://\S+|\]\([^)\s]*\))|(?P<open>\{\{|\[\s*claims?\s*[:：])",
    re.IGNORECASE,
)
#: The whole text, where a line begins in it, and whether a list may begin or go on there.
Place = tuple[str, int, bool]
#: How a line of a list begins.
_ITEM = re.compile(r"\s*\d+[.)]\s|\s*$")


@dataclass(frozen=True)
class Segment:
    """A piece of a student's answer as the report shows it."""

    #: A heading that matches no question is a remark of ``labkit check``, and no piece.
    kind: Literal["text", "value", "claim", "number", "error", "heading"]
    text: str  # what to show: Markdown for "text", plain words otherwise
    note: str = ""  # about it: a verdict, "matches no value of the table", the mistake
    checked: Checked | None = None  # for a claim: what the table makes of it
    line: int = 1  # within the text given, from 1; only set for values, claims and numbers

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
    known = Known(table, claims)
    segments: list[Segment] = []
    fenced, item, start = False, True, 0
    words = without_comments(words)
    for number, line in enumerate(words.split("\n"), 1):
        fence = bool(FENCE.match(line))
        code = fence or fenced
        fenced ^= fence
        place = (words, start, item or line.lstrip().startswith("#"))
        pieces = [Segment("text", line)] if code else _pieces(line, place, known)
        segments.append(Segment("text", "" if number == 1 else "\n"))
        segments += (replace(piece, line=number) for piece in pieces)
        item, start = bool(_ITEM.match(line)) or fence, start + len(line) + 1
    return tuple(_joined(segments))


def _joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbouring pieces of text as one."""
    for plain, group in groupby(segments, lambda segment: segment.kind == "text"):
        if not plain:
            yield from group
        elif text := "".join(segment.text for segment in group):
            yield Segment("text", text)


def _pieces(line: str, where: Place, known: Known) -> Iterator[Segment]:
    place = 0
    for match in _MARK.finditer(line):
        yield from _plain_text(line, place, match.start(), where, known)
        place = match.end()
        source = match.group()
        if match["value"]:
            yield _value(source, known.table.cells)
        elif match["claim"]:
            yield _claim(source, match["said"].strip(), known)
        elif match["open"]:
            yield Segment("error", source, _("not closed on this line"))
        else:
            yield Segment("text", source)
    yield from _plain_text(line, place, len(line), where, known)


def _plain_text(line: str, place: int, end: int, where: Place, known: Known) -> Iterator[Segment]:
    """Split a part of a line at the numbers that match no value of the table."""
    words, begins, may_list = where
    text, start = line[place:end], place
    for found in results(text, may_list and start == 0):
        if note := known.note(found, text, words, begins + start + found.start):
            yield Segment("text", line[place : start + found.start])
            yield Segment("number", found.text, note)
            place = start + found.end
    yield Segment("text", line[place:end])


def _value(source: str, cells: Cells) -> Segment:
    match = VALUE.fullmatch(source)
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


def _claim(source: str, statement: str, known: Known) -> Segment:
    try:
        checked = check_statement(statement, known.table, known.claims)
    except StatementError as error:
        return Segment("error", source, str(error))
    return Segment("claim", checked.text, f"{_stance(checked)[1]}: {statement}", checked)


def without_comments(text: str) -> str:
    """The text with HTML comments blanked, line for line."""
    return _COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
