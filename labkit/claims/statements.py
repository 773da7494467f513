"""A student's own statement, read and put to the same test as the computed ones.

    best loss by proxy_fid on MNIST is hinge
    hinge beats bce by proxy_fid on MNIST [everywhere]
    GAN beats VAE by proxy_fid on MNIST
    proxy_fid falls with latent_dim on FashionMNIST
    d_loss falls over training [by 98.7 %] [in RUN]
    loss acts alike on proxy_fid
    loss matters most for proxy_fid on MNIST
    latent_dim trades recon_loss against proxy_fid on MNIST
    no mode collapse on MNIST

Metrics, settings, levels and data sets by their keys or labels, in any case. Without
``on DATA SET`` a statement is about each data set, and one that contradicts it is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.claims.claim import Claim
from labkit.claims.findings import absence, statement
from labkit.claims.findings.change import change
from labkit.claims.findings.families import families
from labkit.claims.findings.levels import Levels, levels
from labkit.claims.findings.spread import spread
from labkit.claims.findings.statement import Direction, Statement
from labkit.claims.sentences import voice
from labkit.claims.verdict import FIRM, Strength, Verdict, judge, verdict, weakest
from labkit.errors import closest
from labkit.text.language import _

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.cells import Cells
    from labkit.claims.finding import Finding, Here
    from labkit.claims.measure import Measure
    from labkit.claims.table import Table

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
    """A statement with what the table makes of it."""

    strength: Strength
    in_these_runs: Here | None
    claims: tuple[Claim, ...]
    """One per data set the statement is about."""

    @property
    def verdict(self) -> Verdict:
        """The formal verdict."""
        return verdict(self.strength)

    @property
    def text(self) -> str:
        """The claims' sentences."""
        return " ".join(claim.text for claim in self.claims)


def check_statement(text: str, table: Table, computed: Sequence[Claim] = ()) -> Checked:
    """Put a statement to the test.

    Args:
        text: one of the `FORMS`.
        table: the cells.
        computed: the answers' claims; what decides a statement and is one of them keeps the
            strength it has there (corrected for its question's other tests).

    Raises:
        StatementError: not understood, or about something the table lacks.
    """
    found = _read(text.strip(), table)
    alone = judge(found)
    known = {claim.finding.id: claim.strength for claim in computed}
    strengths = [_strength(each, alone[each.id], known) for each in found]
    say = voice()
    claims = tuple(
        Claim(
            "check", each, strength, say.evidence.checked(each, strength),
            say.names.scope(each.cells), say.evidence.rule(each, strength),
            say.evidence.difference(each),
            (say.evidence.missing(each.missing),) if each.missing else (),
        )
        for each, strength in zip(found, strengths, strict=True)
    )  # fmt: skip
    states = {c.in_these_runs for c in claims if c.in_these_runs}
    here: Here | None = next((s for s in ("no", "tie", "yes") if s in states), None)
    one = "refuted" if "refuted" in strengths else weakest(strengths)
    return Checked(one, here, claims)


def _strength(found: Finding, alone: Strength, known: Mapping[str, Strength]) -> Strength:
    """The strength its deciding findings have in the answers, or its own."""
    if not isinstance(found, Statement) or not found.decides or found.missing is not None:
        return "refuted" if alone == "seen once" and _collapsed(found) else alone
    if not all(each.id in known for each in found.decides):
        return alone
    least = weakest([known[each.id] for each in found.decides])
    return "refuted" if found.here == "no" and least in FIRM else least


def _collapsed(found: Finding) -> bool:
    """Whether a measured collapse contradicts that there was none: one is enough."""
    return isinstance(found, absence.Absence) and bool(found.hit)


def _read(text: str, table: Table) -> list[Finding]:
    if len(text) > _MAX_LENGTH:
        raise StatementError(_("longer than {n} characters", n=_MAX_LENGTH))
    names = _Names(table)
    body, dataset = names.split_dataset(text.rstrip("."))
    for pattern, handle in _HANDLERS:
        match = re.fullmatch(pattern, body, re.IGNORECASE)
        if match:
            found = handle(names, match, dataset)
            if not found:
                raise StatementError(_("the table has no cell this is about"))
            return found
    raise StatementError(_("not understood; write for instance '{form}'", form=FORMS[0]))


class _Names:
    """Names as people write them, looked up in the catalog and the table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.cells = table.cells
        self.words = voice().names

    def split_dataset(self, text: str) -> tuple[str, str | None]:
        """The statement without its ``on DATA SET``, and the data set."""
        head, on, tail = text.rpartition(" on ")
        rest = tail.split(" is ", 1)
        names = {_plain(d): d for d in self.cells.datasets}
        names |= {_plain(DATASETS[d].label): d for d in self.cells.datasets if d in DATASETS}
        found = names.get(_plain(rest[0]))
        if on and found is None and _plain(rest[0]).endswith("everywhere"):
            found = names.get(_plain(rest[0]).removesuffix("everywhere"))
            rest[0] = "everywhere"
            return (f"{head} everywhere", found) if found else (text, None)
        if not on or found is None:
            return text, None
        return (f"{head} is {rest[1]}" if len(rest) > 1 else head), found

    def datasets(self, dataset: str | None) -> tuple[str, ...]:
        return (dataset,) if dataset is not None else self.cells.datasets

    def measure(self, text: str) -> Measure:
        known = {name: name for name in METRICS}
        known |= {metric.label: name for name, metric in METRICS.items()}
        known |= {self.words.metric(name): name for name in METRICS}
        found = _lookup(text, known)
        if found is None:
            hint = suggestion(text, sorted(set(known.values())))
            raise StatementError(_("no metric '{name}'", name=text) + hint)
        if METRICS[found].group == "appendix":
            raise StatementError(
                _("{metric} means nothing outside one run; it is never compared", metric=found)
            )
        return self.table.measure(found)

    def factor(self, text: str) -> str:
        names = {n for f in self.cells.families for n in self.cells.of(f).levels}
        names |= {n for family in FAMILIES.values() for n in family.params}
        known = {n: n for n in names} | {self.words.factor(n): n for n in names}
        found = _lookup(text, known)
        if found is None:
            hint = suggestion(text, sorted(set(known.values())))
            raise StatementError(_("no setting '{name}'", name=text) + hint)
        return found

    def family(self, text: str) -> str | None:
        known = {f: f for f in self.cells.families}
        known |= {self.words.family(f): f for f in self.cells.families}
        known |= {self.words.family(f, True): f for f in self.cells.families}
        return {_plain(k): v for k, v in known.items()}.get(_plain(text))

    def level(self, factor: str, text: str) -> Level:
        levels = {lv for f in self.cells.families for lv in self.cells.of(f).levels.get(factor, ())}
        known: dict[str, Level] = {str(lv): lv for lv in levels}
        known |= {self.words.level(factor, lv): lv for lv in levels}
        found = {_plain(k): v for k, v in known.items()}.get(_plain(text))
        if found is None:
            there = ", ".join(sorted(str(lv) for lv in levels))
            raise StatementError(
                _(
                    "{setting} has no level '{level}'; the table has {levels}",
                    setting=factor,
                    level=text,
                    levels=there or _("none"),
                )
            )
        return found

    def factor_of(self, *levels: str) -> str:
        """The varied factor that has all these levels."""
        for family in self.cells.families:
            for factor, found in self.cells.of(family).factors.items():
                plain = {_plain(str(v)) for v in found}
                plain |= {_plain(self.words.level(factor, v)) for v in found}
                if all(_plain(level) in plain for level in levels):
                    return factor
        named = self.words.listing(levels)
        raise StatementError(_("no setting of the table has the levels {levels}", levels=named))

    def concerned(self, factor: str) -> list[Cells]:
        """The cells of each family a statement about a factor means.

        Of the families that have the factor, those that vary it; if none does, all.
        """
        having = [f for f in self.cells.families if factor in self.cells.of(f).levels]
        varying = [f for f in having if factor in self.cells.of(f).factors]
        return [self.cells.of(f) for f in varying or having]

    def levels(
        self, factor: str, measure: Measure, dataset: str | None, towards: int | None = None
    ) -> list[Levels]:
        """The levels of a factor on the data sets meant, noise pooled over all there are."""
        return [
            found
            for cells in self.concerned(factor)
            for found in levels(cells, factor, measure, self.table, towards)
            if dataset in (None, found.dataset)
        ]


def _best(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    extreme, factor = match["extreme"].lower(), names.factor(match["factor"])
    measure, level = names.measure(match["metric"]), names.level(factor, match["level"])
    better = 1 if measure.better == "higher" else -1
    towards = {"lowest": -1, "highest": 1, "best": better, "worst": -better}[extreme]
    return [statement.best(f, level) for f in names.levels(factor, measure, dataset, towards)]


def _beats(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    measure = names.measure(match["metric"])
    a, b = names.family(match["a"]), names.family(match["b"])
    if a and b:
        if match["everywhere"]:
            raise StatementError(_("families differ in more than a setting: leave out the end"))
        both = families(names.cells, a, b, measure, names.table)
        return [statement.family_beats(f, a) for f in both if dataset in (None, f.dataset)]
    factor = names.factor_of(match["a"], match["b"])
    first, second = names.level(factor, match["a"]), names.level(factor, match["b"])
    return [
        statement.beats(f, first, second, bool(match["everywhere"]))
        for f in names.levels(factor, measure, dataset)
    ]


def _goes(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    measure, factor = names.measure(match["metric"]), names.factor(match["factor"])
    direction = _direction(match)
    return [statement.goes(f, direction) for f in names.levels(factor, measure, dataset)]


def _change(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    measure = names.measure(match["metric"])
    cells, run = names.cells if dataset is None else names.cells.of(dataset=dataset), match["run"]
    if run:
        cells = cells.filter(lambda c: c.run == run)
        if not len(cells):
            known = [c.run for c in names.cells]
            raise StatementError(_("no run '{run}'", run=run) + suggestion(run, known))
    percent: float | None = None
    half = 0.5
    direction = _direction(match)
    if match["percent"]:
        percent = float(match["percent"]) * (1 if direction == "rises" else -1)
        half = 0.5 * 10.0 ** -len(match["percent"].partition(".")[2])
    groups: dict[object, list[int]] = {}
    for i, cell in enumerate(cells):
        if measure.name in cell.first:
            groups.setdefault(cell.where[:-1], []).append(i)
    each = [[cells.rows[i] for i in group] for group in groups.values()] or [list(cells)]
    return [
        statement.changes(
            change(some, measure, some[0].seedless if len(each) > 1 else ""),
            direction, percent, half,
        )
        for some in each
    ]  # fmt: skip


def _alike(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    factor, measure = names.factor(match["factor"]), names.measure(match["metric"])
    return [
        statement.alike(levels(cells, factor, measure, names.table))
        for cells in names.concerned(factor)
    ]


def _matters(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    factor, measure = names.factor(match["factor"]), names.measure(match["metric"])
    return [
        statement.matters(spread(cells.of(dataset=d), measure), factor)
        for cells in names.concerned(factor)
        for d in cells.datasets
        if dataset in (None, d)
    ]


def _trades(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    factor = names.factor(match["factor"])
    a, b = (names.levels(factor, names.measure(match[key]), dataset) for key in ("a", "b"))
    return [statement.trades(first, second) for first, second in zip(a, b, strict=True)]


def _collapse(names: _Names, match: re.Match[str], dataset: str | None) -> list[Finding]:
    cells = names.cells.filter(lambda c: c.family != "vae")
    return [absence.collapse(cells if dataset is None else cells.of(dataset=dataset))]


def _direction(match: re.Match[str]) -> Direction:
    word = match["direction"].lower()
    return "rises" if word.startswith(("rise", "increase", "grow")) else "falls"


_DIRECTION = r"(?P<direction>rises|falls|increases|decreases|grows|drops)"
_HANDLERS: tuple[
    tuple[str, Callable[[_Names, re.Match[str], str | None], list[Finding]]], ...
] = (
    (r"no (mode )?collapse", _collapse),
    (r"(the )?(?P<extreme>best|worst|lowest|highest) (?P<factor>.+?) by (?P<metric>.+?) is "
     r"(?P<level>.+)", _best),
    (r"(?P<a>.+?) beats (?P<b>.+?) by (?P<metric>.+?)(?P<everywhere> everywhere)?", _beats),
    (rf"(?P<metric>.+?) {_DIRECTION} (over|during) training"
     r"( by (?P<percent>[0-9]+(\.[0-9]+)?) ?%)?( in (?P<run>\S+))?", _change),
    (rf"(?P<metric>.+?) {_DIRECTION} with (the )?(?P<factor>.+)", _goes),
    (r"(the )?(?P<factor>.+?) acts alike on (the )?(?P<metric>.+)", _alike),
    (r"(the )?(?P<factor>.+?) matters most for (the )?(?P<metric>.+)", _matters),
    (r"(the )?(?P<factor>.+?) trades (the )?(?P<a>.+?) against (the )?(?P<b>.+)", _trades),
)  # fmt: skip


def _lookup(text: str, known: dict[str, str]) -> str | None:
    return {_plain(key): value for key, value in known.items()}.get(_plain(text))


def suggestion(text: str, known: Iterable[str]) -> str:
    """ "; did you mean 'proxy_fid'?", or empty where nothing is near."""
    close = closest(text, known)
    return _("; did you mean '{name}'?", name=close) if close else ""


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == "∞")
