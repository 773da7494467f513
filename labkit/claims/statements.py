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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.claims.cell import Level
from labkit.claims.cells import Cells
from labkit.claims.claim import Claim, Draft, InTheseRuns, Verdict
from labkit.claims.judge import Context, judge
from labkit.claims.predicates.absence import no_collapse
from labkit.claims.predicates.best_of import best_of, dominates
from labkit.claims.predicates.change import change
from labkit.claims.predicates.family import family_versus
from labkit.claims.predicates.pattern import same_pattern, trade_off
from labkit.claims.predicates.ranking import ranking
from labkit.claims.predicates.trend import trend
from labkit.errors import closest
from labkit.text.language import _

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
#: From the verdict that decides over several data sets to the one that gives way.
_ORDER: tuple[Verdict, ...] = ("not supported", "not measured", "inconclusive", "supported")
_MAX_LENGTH = 300


class StatementError(ValueError):
    """A statement that cannot be read; one line that says what is understood."""


@dataclass(frozen=True)
class Checked:
    """A statement with what the table makes of it."""

    verdict: Verdict
    in_these_runs: InTheseRuns | None
    claims: tuple[Claim, ...]
    """One per data set the statement is about."""

    @property
    def text(self) -> str:
        """The claims' sentences."""
        return " ".join(claim.text for claim in self.claims)


def check_statement(text: str, context: Context, computed: Sequence[Claim] = ()) -> Checked:
    """Put a statement to the test.

    Args:
        text: one of the `FORMS`.
        context: the table.
        computed: the answers' claims; a statement that is one of them gets its verdict
            (which was corrected for its question's other statements).

    Raises:
        StatementError: not one of the forms, or a name the table and catalog lack.
    """
    claims = judge("answers", _drafts(" ".join(text.split()), context), context)
    found = tuple(_same_as_computed(claim, computed) for claim in claims)
    verdict = min((c.verdict for c in found), key=_ORDER.index)
    states = {c.in_these_runs for c in found if c.in_these_runs}
    shown: InTheseRuns | None = next((s for s in ("no", "tie", "yes") if s in states), None)
    return Checked(verdict, shown, found)


def _same_as_computed(claim: Claim, computed: Sequence[Claim]) -> Claim:
    """The computed claim that says the very same of the very same levels, or else the claim."""
    return next((other for other in computed if _saying(other) == _saying(claim)), claim)


def _saying(claim: Claim) -> tuple[object, ...]:
    about: object = claim.id.removeprefix(f"{claim.question}.")
    families = claim.predicate.get("families")
    if families:  # a against b, or b against a
        about = frozenset(families), *(claim.predicate[k] for k in ("metric", "target", "dataset"))
    keys = ("level", "direction", "factor", "ahead", "extreme")
    levels = frozenset(map(str, claim.predicate.get("order", ())))
    return about, *(str(claim.predicate.get(key)) for key in keys), levels


def _drafts(text: str, context: Context) -> list[Draft]:
    if len(text) > _MAX_LENGTH:
        raise StatementError(_("longer than {n} characters", n=_MAX_LENGTH))
    names = _Names(context)
    body, dataset = names.split_dataset(text.rstrip("."))
    for pattern, handle in _HANDLERS:
        match = re.fullmatch(pattern, body, re.IGNORECASE)
        if match:
            drafts = handle(names, match, dataset)
            if not drafts:
                raise StatementError(_("the table has no cell this is about"))
            return drafts
    raise StatementError(_("not understood; write for instance '{form}'", form=FORMS[0]))


class _Names:
    """Names as people write them, looked up in the catalog and the table."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.cells = context.cells
        self.words = context.words

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

    def metric(self, text: str) -> str:
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
        return found

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
        known |= {self.words.family(f, several=True): f for f in self.cells.families}
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

    def concerned(self, factor: str, dataset: str | None) -> list[Cells]:
        """The cells a statement about a factor means, one data set at a time.

        Of the families that have the factor, those that vary it; if none does, all.
        """
        having = [f for f in self.cells.families if factor in self.cells.of(f).levels]
        varying = [f for f in having if factor in self.cells.of(f).factors]
        return [
            cells
            for f in varying or having
            for d in self.datasets(dataset)
            if len(cells := self.cells.of(f, d))
        ]


def _best(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    extreme, factor = match["extreme"].lower(), names.factor(match["factor"])
    metric, level = (
        names.context.measure(names.metric(match["metric"])),
        names.level(factor, match["level"]),
    )
    if extreme == "worst":
        extreme = "highest" if metric.better == "lower" else "lowest"
    return [
        best_of(cells, factor, metric, names.context, level=level, extreme=extreme)
        for cells in names.concerned(factor, dataset)
    ]


def _beats(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    metric = names.context.measure(names.metric(match["metric"]))
    a, b = names.family(match["a"]), names.family(match["b"])
    if a and b:
        if match["everywhere"]:
            raise StatementError(_("families differ in more than a setting: leave out the end"))
        return [
            family_versus(names.cells.of(dataset=d), a, b, metric, names.context, claimed=a)
            for d in names.datasets(dataset)
        ]
    factor = names.factor_of(match["a"], match["b"])
    first, second = names.level(factor, match["a"]), names.level(factor, match["b"])
    test: Callable[..., Draft] = dominates if match["everywhere"] else best_of
    return [
        test(
            cells.filter(lambda c: c.settings.get(factor) in (first, second)),
            factor,
            metric,
            names.context,
            level=first,
        )
        for cells in names.concerned(factor, dataset)
    ]


def _trend(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    metric, factor = (
        names.context.measure(names.metric(match["metric"])),
        names.factor(match["factor"]),
    )
    return [
        trend(cells, factor, metric, names.context, direction=_direction(match))
        for cells in names.concerned(factor, dataset)
    ]


def _change(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    name = names.metric(match["metric"])
    cells = names.cells if dataset is None else names.cells.of(dataset=dataset)
    run = match["run"]
    if run:
        cells = cells.filter(lambda c: c.run == run)
        if not len(cells):
            known = [c.run for c in names.cells]
            raise StatementError(_("no run '{run}'", run=run) + suggestion(run, known))
    direction = _direction(match)
    percent: float | None = None
    half = 0.5
    if match["percent"]:
        percent = float(match["percent"])
        half = 0.5 * 10.0 ** -len(match["percent"].partition(".")[2])
        percent = abs(percent) if direction == "rises" else -abs(percent)
    groups: dict[object, list[str]] = {}
    for cell in cells:
        if name in cell.first:
            groups.setdefault(cell.where[:-1], []).append(cell.run)
    each = [cells.filter(lambda c, g=group: c.run in g) for group in groups.values()]  # type: ignore[misc]
    return [
        change(
            some,
            names.context.measure(name),
            names.context,
            label=seedless_label(some),
            key=str(i) if len(each) > 1 else "",
            direction=direction,
            percent=percent,
            percent_half=half,
        )
        for i, some in enumerate(each or [cells], 1)
    ]


def seedless_label(cells: Cells) -> str:
    """What some cells of one setting are called in a text: nothing; the scope says it."""
    return cells.rows[0].run if len({c.run for c in cells}) == 1 else ""


def _pattern(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    factor, metric = (
        names.factor(match["factor"]),
        names.context.measure(names.metric(match["metric"])),
    )
    families = dict.fromkeys(c.families[0] for c in names.concerned(factor, dataset))
    return [same_pattern(names.cells.of(f), factor, metric, names.context) for f in families]


def _matters(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    factor, metric = (
        names.factor(match["factor"]),
        names.context.measure(names.metric(match["metric"])),
    )
    return [
        ranking(cells, metric, names.context, factor=factor)
        for cells in names.concerned(factor, dataset)
    ]


def _trades(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    factor = names.factor(match["factor"])
    first, second = (names.context.measure(names.metric(match[key])) for key in ("a", "b"))
    return [
        trade_off(cells, factor, first, second, names.context)
        for cells in names.concerned(factor, dataset)
    ]


def _collapse(names: _Names, match: re.Match[str], dataset: str | None) -> list[Draft]:
    cells = names.cells.filter(lambda c: c.family != "vae")
    return [no_collapse(cells if dataset is None else cells.of(dataset=dataset), names.context)]


def _direction(match: re.Match[str]) -> Literal["rises", "falls"]:
    word = match["direction"].lower()
    return "rises" if word.startswith(("rise", "increase", "grow")) else "falls"


_DIRECTION = r"(?P<direction>rises|falls|increases|decreases|grows|drops)"
_HANDLERS: tuple[
    tuple[str, Callable[[_Names, re.Match[str], str | None], list[Draft]]], ...
] = (
    (r"no (mode )?collapse", _collapse),
    (r"(the )?(?P<extreme>best|worst|lowest|highest) (?P<factor>.+?) by (?P<metric>.+?) is "
     r"(?P<level>.+)", _best),
    (r"(?P<a>.+?) beats (?P<b>.+?) by (?P<metric>.+?)(?P<everywhere> everywhere)?", _beats),
    (rf"(?P<metric>.+?) {_DIRECTION} (over|during) training"
     r"( by (?P<percent>[0-9]+(\.[0-9]+)?) ?%)?( in (?P<run>\S+))?", _change),
    (rf"(?P<metric>.+?) {_DIRECTION} with (the )?(?P<factor>.+)", _trend),
    (r"(the )?(?P<factor>.+?) acts alike on (the )?(?P<metric>.+)", _pattern),
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
