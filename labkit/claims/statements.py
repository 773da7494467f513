"""A student's own statement, read and put to the same test as the computed ones.

Metrics, settings, levels and data sets stand by their keys or labels, in any case. Without
``on DATASET`` a statement is about each data set, and one that contradicts it is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.claims.cell import Level, named
from labkit.claims.cells import Cells
from labkit.claims.claim import Claim
from labkit.claims.finding import Finding, Here
from labkit.claims.findings import absence, by_setting, statement
from labkit.claims.findings.change import change
from labkit.claims.findings.families import families
from labkit.claims.findings.levels import Levels, levels
from labkit.claims.findings.spread import spread
from labkit.claims.findings.statement import Direction, Statement
from labkit.claims.measure import Measure
from labkit.claims.sentences import voice
from labkit.claims.sentences.numbers import dataset_label
from labkit.claims.verdict import FIRM, Strength, Verdict, judge, verdict, weakest
from labkit.errors import closest
from labkit.text.language import SOURCE, _
from labkit.text.notation import read
from labkit.text.numbers import listing

if TYPE_CHECKING:
    from labkit.claims.table import Table

#: Statements are read in English, whatever language a report is written in.
READ = voice(SOURCE).names
#: The forms understood, for error messages and the answers' template.
FORMS = (
    "best FACTOR by METRIC [on DATASET] is LEVEL",
    "lowest|highest FACTOR by METRIC [on DATASET] is LEVEL",
    "LEVEL beats LEVEL by METRIC [on DATASET] [everywhere]",
    "GAN beats VAE by METRIC [on DATASET]",
    "METRIC rises|falls with FACTOR [on DATASET]",
    "METRIC rises|falls over training [by P %] [in RUN]",
    "FACTOR acts alike on METRIC",
    "FACTOR matters most for METRIC [on DATASET]",
    "FACTOR trades METRIC against METRIC [on DATASET]",
    "no mode collapse [on DATASET]",
)
_MAX_LENGTH = 300


class StatementError(ValueError):
    """A statement that cannot be read; one line that says what is understood."""


@dataclass(frozen=True)
class Checked:
    """A statement with what the table makes of it: a claim for each data set it is about."""

    strength: Strength
    in_these_runs: Here | None
    claims: tuple[Claim, ...]

    @property
    def verdict(self) -> Verdict:
        return verdict(self.strength)

    @property
    def text(self) -> str:
        return " ".join(claim.text for claim in self.claims)


def check_statement(text: str, table: Table, computed: Sequence[Claim] = ()) -> Checked:
    """Put a statement, one of the `FORMS`, to the test.

    What decides it and is one of the `computed` claims of the answers keeps the strength it
    has there (corrected for its question's other tests). StatementError where it is not
    understood, or about something the table lacks.
    """
    found = _read(text.strip(), table)
    alone = judge(found)
    known = {claim.finding.id: claim.strength for claim in computed}
    strengths = [_strength(each, alone[each.id], known) for each in found]
    say = voice()
    claims: tuple[Claim, ...] = tuple(
        say.telling.claim("check", each, strength, say.evidence.checked(each, strength))
        for each, strength in zip(found, strengths, strict=True)
    )
    states = {claim.in_these_runs for claim in claims}
    order: tuple[Here, ...] = ("no", "tie", "yes")
    one = "refuted" if "refuted" in strengths else weakest(strengths)
    return Checked(one, next((here for here in order if here in states), None), claims)


def _strength(found: Finding, alone: Strength, known: Mapping[str, Strength]) -> Strength:
    """The strength its deciding findings have in the answers, or its own."""
    deciding = [each.id for each in found.decides] if isinstance(found, Statement) else []
    if deciding and known.keys() >= set(deciding):
        least = weakest([known[each] for each in deciding])
        return "refuted" if found.here == "no" and least in FIRM else least
    # One measured collapse is enough to refute that there was none.
    return "refuted" if isinstance(found, absence.Absence) and found.hit else alone


def _read(text: str, table: Table) -> Sequence[Finding]:
    if len(text) > _MAX_LENGTH:
        raise StatementError(_("longer than {n} characters", n=_MAX_LENGTH))
    body, dataset = _split_dataset(" ".join(text.split()).rstrip(".! "), table.cells)
    for pattern, find in _HANDLERS:
        if match := re.fullmatch(pattern, body, re.IGNORECASE):
            if found := find(_Said(match, dataset, table)):
                return found
            raise StatementError(_("the table has no cell this is about"))
    raise StatementError(_("not understood; write for instance '{form}'", form=FORMS[0]))


def _split_dataset(text: str, cells: Cells) -> tuple[str, str | None]:
    """The statement without its ``on DATASET``, and the data set, which the table has."""
    labels = {d: dataset_label(d) for d in (*DATASETS, *cells.datasets)}
    other = None
    for match in re.finditer(r"(?<!alike) on (?:the )?", text, re.IGNORECASE):
        words = text[match.end() :].split(" ")
        for n in range(min(len(words), 4), 0, -1):
            found = named(" ".join(words[:n]), labels, labels.__getitem__)
            if found in cells.datasets:
                return " ".join(filter(None, (text[: match.start()], *words[n:]))), found
            other = other or (found and labels[found])
        other = other or re.split(r"(?i) (?:is|by|everywhere)\b", " ".join(words))[0]
    if other:
        about = {"name": other, "datasets": ", ".join(labels[d] for d in cells.datasets)}
        raise StatementError(_("no data set '{name}' in these results, only {datasets}", **about))
    return text, None


@dataclass(frozen=True)
class _Said:
    """A statement's parts by their names, looked up in the catalog and the table."""

    match: re.Match[str]
    dataset: str | None
    table: Table

    @property
    def families(self) -> list[Cells]:
        return [self.table.cells.of(family) for family in self.table.cells.families]

    @property
    def direction(self) -> Direction:
        word = self.match["direction"].lower()
        return "rises" if word.startswith(("rise", "increase", "grow")) else "falls"

    def measure(self, part: str = "metric") -> Measure:
        text = self.match[part]
        found = named(text, METRICS, lambda name: METRICS[name].label, READ.metric)
        if found is None:
            there = [n for n in METRICS if any(n in cell.metrics for cell in self.table.cells)]
            hint = suggestion(text, sorted(METRICS), there)
            raise StatementError(_("no metric '{name}'", name=text) + hint)
        if METRICS[found].group == "appendix":
            said = _("{metric} means nothing outside one run; it is never compared", metric=found)
            raise StatementError(said)
        return self.table.measure(found)

    def factor(self) -> str:
        text, known = self.match["factor"], {n for cells in self.families for n in cells.levels}
        known |= {name for family in FAMILIES.values() for name in family.params}
        found = named(text, known, READ.factor)
        if found is None:
            hint = suggestion(text, sorted(known), [n for c in self.families for n in c.factors])
            raise StatementError(_("no setting '{name}'", name=text) + hint)
        return found

    def family(self, part: str) -> str | None:
        plural = partial(READ.family, several=True)
        return named(self.match[part], self.table.cells.families, READ.family, plural)

    def level(self, factor: str, part: str) -> Level:
        text, known = self.match[part], {v for c in self.families for v in c.levels.get(factor, ())}
        found = named(text, known, partial(READ.level, factor))
        if found is None:
            there = ", ".join(sorted(map(str, known))) or _("none")
            about = {"setting": factor, "level": text, "levels": there}
            said = _("{setting} has no level '{level}'; the table has {levels}", **about)
            raise StatementError(said)
        return found

    def factor_of(self, *parts: str) -> str:
        """The varied factor that has all these levels."""
        levels = [self.match[part] for part in parts]
        for cells in self.families:
            for factor, known in cells.factors.items():
                called = partial(READ.level, factor)
                if all(named(level, known, called) is not None for level in levels):
                    return factor
        there = {n: v for cells in self.families for n, v in cells.factors.items()}
        there["family"] = self.table.cells.families
        listed = "; ".join(f"{name}: {', '.join(map(str, v))}" for name, v in there.items())
        about = {"levels": listing(levels), "there": listed}
        said = _("no setting of the table has the levels {levels}; it has {there}", **about)
        raise StatementError(said)

    def concerned(self, factor: str) -> list[Cells]:
        """The cells of each family that varies a factor; if none does, of those that have it."""
        varying = [cells for cells in self.families if factor in cells.factors]
        return varying or [cells for cells in self.families if factor in cells.levels]

    def levels(self, factor: str, measure: Measure, towards: int | None = None) -> list[Levels]:
        """The levels of a factor on the data sets meant, noise pooled over all there are."""
        each = (levels(c, factor, measure, self.table, towards) for c in self.concerned(factor))
        return [found for several in each for found in several if self.is_about(found.dataset)]

    def is_about(self, dataset: str) -> bool:
        return self.dataset in (None, dataset)


def _best(said: _Said) -> list[Statement]:
    factor, measure = said.factor(), said.measure()
    level = said.level(factor, "level")
    better = 1 if measure.better == "higher" else -1
    ends = {"lowest": -1, "highest": 1, "best": better, "worst": -better}
    towards = ends[said.match["extreme"].lower()]
    return [statement.best(found, level) for found in said.levels(factor, measure, towards)]


def _beats(said: _Said) -> list[Statement]:
    measure, everywhere = said.measure(), bool(said.match["everywhere"])
    a, b = said.family("a"), said.family("b")
    if a and b:
        if everywhere:
            raise StatementError(_("families differ in more than a setting: leave out the end"))
        both = families(said.table.cells, a, b, measure, said.table)
        return [statement.family_beats(found, a) for found in both if said.is_about(found.dataset)]
    factor = said.factor_of("a", "b")
    first, second = said.level(factor, "a"), said.level(factor, "b")
    every = said.levels(factor, measure)
    apart = [found for found in every if found.missing or first != second]
    return [statement.beats(found, first, second, everywhere) for found in apart]


def _goes(said: _Said) -> list[Statement]:
    measure, factor = said.measure(), said.factor()
    return [statement.goes(found, said.direction) for found in said.levels(factor, measure)]


def _change(said: _Said) -> list[Statement]:
    measure, run, percent = said.measure(), said.match["run"], said.match["percent"]
    cells = said.table.cells.of(dataset=said.dataset)
    if run:
        runs = [c.run for c in said.table.cells]
        found = named(run, runs) or named(run, {c.seedless for c in said.table.cells})
        cells = cells.filter(lambda c: found in (c.run, c.seedless))
        if not found:
            raise StatementError(_("no run '{run}'", run=run) + suggestion(run, runs, runs))
    number = read(percent) if percent else None
    if percent and not number:
        raise StatementError(_("'{text}' is not a number; write it like 12.5", text=percent))
    sign = 1 if said.direction == "rises" else -1
    signed = sign * float(number.number) if number and number.number is not None else None
    half = float(number.half) if number else 0.0
    each = by_setting(c for c in cells if measure.name in c.first) or [list(cells)]
    every = [change(some, measure, some[0].seedless if len(each) > 1 else "") for some in each]
    return [statement.changes(one, said.direction, signed, half) for one in every]


def _alike(said: _Said) -> list[Statement]:
    factor, measure = said.factor(), said.measure()
    every = (levels(cells, factor, measure, said.table) for cells in said.concerned(factor))
    return [statement.alike(found) for found in every]


def _matters(said: _Said) -> list[Statement]:
    factor, measure = said.factor(), said.measure()
    each = (cells.of(dataset=d) for cells in said.concerned(factor) for d in cells.datasets)
    spreads = (spread(cells, measure) for cells in each if said.is_about(cells.datasets[0]))
    return [statement.matters(found, factor) for found in spreads]


def _trades(said: _Said) -> list[Statement]:
    factor = said.factor()
    a, b = (said.levels(factor, said.measure(part)) for part in ("a", "b"))
    return [statement.trades(first, second) for first, second in zip(a, b, strict=True)]


def _collapse(said: _Said) -> list[absence.Absence]:
    cells = said.table.cells.of(dataset=said.dataset)
    return [absence.collapse(cells.filter(lambda c: c.family != "vae"))]


_DIRECTION = r"(?P<direction>rises|falls|increases|decreases|grows|drops)"
_HANDLERS: tuple[tuple[str, Callable[[_Said], Sequence[Finding]]], ...] = (
    (r"no (mode[ -]?)?collapse", _collapse),
    (r"(the )?(?P<extreme>best|worst|lowest|highest) (?P<factor>.+?) by (?P<metric>.+?) is "
     r"(?P<level>.+)", _best),
    (r"(?P<a>.+?) beats? (?P<b>.+?) by (?P<metric>.+?)(?P<everywhere> everywhere)?", _beats),
    (rf"(?P<metric>.+?) {_DIRECTION} (over|during) (the )?training"
     r"( by (?P<percent>\S*\d\S*?) ?(%|percent))?( in (run )?(?P<run>\S+))?", _change),
    (rf"(?P<metric>.+?) {_DIRECTION} with (the )?(?P<factor>.+)", _goes),
    (r"(the )?(?P<factor>.+?) acts alike on (the )?(?P<metric>.+)", _alike),
    (r"(the )?(?P<factor>.+?) matters most for (the )?(?P<metric>.+)", _matters),
    (r"(the )?(?P<factor>.+?) trades (the )?(?P<a>.+?) against (the )?(?P<b>.+)", _trades),
)  # fmt: skip


def suggestion(text: str, known: Iterable[str], there: Iterable[str] = ()) -> str:
    """ "; did you mean 'proxy_fid'?"; where nothing is near, some of what is there, or empty."""
    if close := closest(text, known):
        return _("; did you mean '{name}'?", name=close)
    first = list(dict.fromkeys(there))
    more = ", …" if len(first) > 12 else ""
    return _("; there are {names}", names=", ".join(first[:12]) + more) if first else ""
