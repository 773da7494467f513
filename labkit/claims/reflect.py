"""Honest answers for any table of metrics, typed by hand or kept from older runs.

``labkit reflect METRICS.csv``: a row a cell, with the columns of labkit's own
``metrics.csv``. A value means what its digits say: 0.05 is anything from 0.045 to
0.055, so 0.05 and 0.06 tie and 0.05 and 0.07 do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from labkit.catalog import DATASETS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.catalog.metrics import SHARES
from labkit.claims import Answer, Table, answers_of
from labkit.claims.cell import Cell, Level, Measured, named, verdict_of
from labkit.claims.cells import INITIAL, NO_SETTING, Cells, as_level, known_settings, make_cells
from labkit.claims.measure import Samples
from labkit.claims.seeds_needed import glob, run_command
from labkit.claims.sentences import voice
from labkit.errors import LabkitError, closest
from labkit.text import notation
from labkit.text.language import SOURCE
from labkit.text.sheet import Sheet, read_sheet

STATUSES = ("done", "trained", "failed", "missing")
#: Columns whose values are keys of the catalog, in whatever spelling.
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "dataset": DATASETS, "family": FAMILIES, "loss": LOSSES, "reconstruction": RECONSTRUCTIONS,
}  # fmt: skip
#: Metrics that are 1 or 0, and words for these.
TRUTHS = ("mode_collapse", "posterior_collapse")
TRUE = {"true": "1", "yes": "1", "false": "0", "no": "0"}
#: Usual names of columns, without spaces, beside their own and those that labkit prints.
USUAL = {"model": "family", "learningrate": "lr", "latentsize": "latent_dim", "z": "z_dim",
         "latent": "latent_dim", "nepochs": "epochs", "randomseed": "seed"}  # fmt: skip
#: Columns of a history.
EPOCHS = ("epoch", "step", "iteration")
Row = dict[str, str]


class TableError(LabkitError):
    """A table that cannot be read: one line naming file, row and column."""


class _MistakeError(Exception):
    """What is wrong in a row, of a column by the name that labkit has for it."""

    def __init__(self, line: int, column: str, text: str, why: str) -> None:
        text = " ".join(text.split())
        super().__init__(line, column, text if len(text) <= 40 else f"{text[:39]}…", why)


@dataclass(frozen=True)
class Metrics:
    """A table as read, and its columns that are neither settings nor metrics: no claim's."""

    cells: Cells
    unknown: tuple[str, ...]


def answers_to(found: Metrics) -> tuple[Answer, ...]:
    """The answers to the questions a table that has been read calls for."""
    # Only where all runs carry labkit's own names would a command work.
    known = all(c.dataset in DATASETS and c.family in FAMILIES for c in found.cells)
    names = ((c.run, f"{c.dataset}_{FAMILIES[c.family].label}_") for c in found.cells if known)
    ours = known and all(run.startswith(start) for run, start in names)

    def command(runs: Sequence[str], seeds: int) -> str:
        return run_command(glob(runs), seeds) if ours else ""

    # Its verdicts on mode collapse say how many samples labkit judged by.
    usual, judged = Samples(), {cell.collapse.n for cell in found.cells if cell.collapse} - {None}
    samples = usual if ours and judged == {usual.evaluation} else None
    return answers_of(Table(found.cells, samples, resume=command))


def read(path: Path) -> Metrics:
    """Read a CSV of metrics, each value with the rounding it was given with.

    Of what kind is said by :func:`labkit.text.sheet.read_sheet`. Names of columns are taken in
    any spelling. ``initial_<loss>`` columns hold first-epoch values. Absent columns and empty
    fields mean *not measured*. TableError where it is not such a file or has a value that cannot
    be, or two rows of the same cell.
    """
    settings = set(known_settings())
    numbers = {f"{start}{name}" for start in ("", INITIAL) for name in METRICS}
    try:
        sheet = read_sheet(path)
        names = _names(sheet, (*sorted(NO_SETTING | settings), *sorted(numbers)))
        headings = {name: heading for heading, name in names.items()}
        rows = {n: {names[h]: v for h, v in row.items()} for n, row in sheet.rows.items()}
        for name in numbers.intersection(headings):
            _write_zeros_out(name, rows.values())
        cells = {line: _cell(line, row, settings) for line, row in rows.items()}
        if numbers.isdisjoint(headings):
            near = next(((h, n) for h in headings if (n := closest(h, METRICS))), None)
            hint = f"; '{near[0]}': did you mean '{near[1]}'?" if near else ""
            raise LabkitError(
                f"row {sheet.line}: no column is a metric of labkit's, such as proxy_fid; columns "
                f"are separated by commas or semicolons{hint}"
            )
        known = numbers | settings | NO_SETTING
        unknown = tuple(heading for name, heading in headings.items() if name not in known)
        _check_distinct(cells, sheet, headings, unknown)
    except _MistakeError as error:
        line, name, text, why = error.args
        column = headings.get(name, name)
        raise TableError(f"{path.name}: row {line}, column {column}: '{text}'{why}") from None
    except LabkitError as error:
        raise TableError(f"{path.name}: {error}") from error
    return Metrics(make_cells(cells.values()), unknown)


def _names(sheet: Sheet, known: Sequence[str]) -> dict[str, str]:
    """Every heading to labkit's name for it, or to itself.

    LabkitError where two are of one name, or one is nearly a name.
    """

    def called(name: str) -> str:  # what others call "time" may be anything
        cost = name in METRICS and METRICS[name].group == "cost"
        return name if cost else METRICS[name].label if name in METRICS else said.factor(name)

    said, line = voice(SOURCE).names, f"row {sheet.line}"
    found = {heading: heading for heading in sheet.header if heading in known}
    for heading in sheet.header:
        # A column that has the name is it; others only where there is none.
        name = named(heading, known) or heading
        if "%" in heading and name in SHARES:
            raise LabkitError(f"{line}: column '{heading}': shares are from 0 to 1, in '{name}'")
        if heading not in found and name in found.values():
            other = next(h for h, n in found.items() if n == name)
            raise LabkitError(f"{line}: columns '{other}' and '{heading}' are both {name}")
        found[heading] = name
    for heading in [heading for heading, name in found.items() if name not in known]:
        plain = "".join(filter(str.isalnum, heading.lower()))
        means = USUAL.get(plain) or named(heading, known, called)
        values = {row[heading] for row in sheet.rows.values()} - {""}
        if means == "family" and not all(named(v, FAMILIES, said.family) for v in values):
            means = None
        near = closest(heading, set(known) - {"note", "experiment"}, 0.88)
        if means and means not in found.values():
            found[heading] = means
        elif near and near not in found.values() and plain not in EPOCHS:
            raise LabkitError(f"{line}: column '{heading}': did you mean '{near}'?")
    return found


def parse_number(text: str) -> Measured | None:
    """A number and its rounding: "0.05" is 0.05 ± 0.005; "" is None; else a ValueError."""
    text = text.strip().replace("−", "-")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    # Squares of what is compared must be numbers, too.
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise ValueError(text)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # only NaN and infinities have letters
    return Measured(float(number), float(Decimal(5).scaleb(exponent - 1)), max(0, -exponent))


def _write_zeros_out(name: str, rows: Iterable[Row]) -> None:
    """Give a column's zeros the decimals of its finest value: nobody writes those out.

    Else the "0.0" a program writes beside 0.0004 would tie with it.
    """
    zeros, finest = [], 0
    for row in rows:
        with suppress(ValueError):  # said later, with its row
            if number := parse_number(row[name]):
                finest = max(finest, number.decimals or 0)
                zeros += [] if number.value else [row]
    for row in zeros:
        row[name] = f"{0:.{finest}f}"


def _cell(line: int, row: Row, settings: set[str]) -> Cell:
    family, status = _family(row), row.get("status", "").lower()
    if status and status not in STATUSES:
        raise _MistakeError(line, "status", row["status"], f"; one of {', '.join(STATUSES)}")
    metrics, first = (
        {n: value for n in METRICS if (value := _number(line, f"{start}{n}", row)) is not None}
        for start in ("", INITIAL)
    )
    return Cell(
        run=row.get("run", "") or f"row {line}",
        family=family,
        dataset=_chosen("dataset", row.get("dataset", "")),
        seed=_whole(line, "seed", row) or 0,
        settings={n: _level(line, n, row[n]) for n in sorted(settings & row.keys()) if row[n]},
        metrics=metrics,
        status=status,
        collapse=verdict_of(row.get("collapse")),
        best_epoch=_whole(line, "best_epoch", row),
        first=first,
        last=metrics,
        from_table=bool(first),
    )


def _number(line: int, name: str, row: Row) -> Measured | None:
    text = row.get(name, "")
    if name in TRUTHS:
        text = TRUE.get(text.lower(), text)
    try:
        found = parse_number(text)
        if found and name in SHARES and found.value > 1:
            raise _MistakeError(line, name, text, " is no share, which are from 0 to 1")
        return found
    except ValueError:
        hint = notation.instead(text, name in SHARES)
        if text.lower() in ("nan", "na", "n/a", "none", "null", "-", "—"):
            hint = "; leave it empty for not measured"
        raise _MistakeError(line, name, text, f" is not a number{hint}") from None


def _whole(line: int, name: str, row: Row) -> int | None:
    """A whole number of a column, or None where it is absent or empty."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        number = Decimal(text)
        if not 0 <= number < 2**32 or number != int(number):
            raise ValueError
    except (ArithmeticError, ValueError):
        raise _MistakeError(line, name, text, " is not a whole number from 0 up") from None
    return int(number)


def _level(line: int, name: str, text: str) -> Level:
    if name in CHOICES:
        return _chosen(name, text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = Decimal(text)
        return as_level(float(text)) if number.is_finite() and number.adjusted() < 100 else text
    except InvalidOperation:
        if hint := notation.instead(text, name in SHARES):
            raise _MistakeError(line, name, text, f" is not a number{hint}") from None
        return as_level(text)


def _family(row: Row) -> str:
    """The family as named, or the one whose columns the row fills."""
    if text := row.get("family", ""):
        return _chosen("family", text)
    if any(row.get(name) for name in ("latent_dim", "recon_loss", "kl_loss", "total_loss")):
        return "vae"
    if any(row.get(name) for name in ("z_dim", "d_loss", "g_loss", "loss")):
        return "gan"
    return ""


def _chosen(column: str, text: str) -> str:
    """The catalog key of a name however it is spelled, else the name."""
    known = CHOICES[column]
    return named(text, known, lambda key: known[key].label) or text


def _check_distinct(
    cells: Mapping[int, Cell], sheet: Sheet, headings: Mapping[str, str], unknown: Sequence[str]
) -> None:
    """Refuse two rows of one run, or of one cell; say in which columns they differ all the same."""
    lines: dict[object, int] = {}
    ignored = (*unknown, *(headings[n] for n in ("experiment", "note") if n in headings))
    for line, cell in cells.items():
        other = lines.get(cell.run) or lines.get(cell.where)
        if other:
            if epoch := next((h for h in unknown if h.lower() in EPOCHS), None):
                its = "this is a history; reflect takes a row a run, as in metrics.csv"
                raise LabkitError(f"row {sheet.line}: with a column '{epoch}' {its}")
            here, there = sheet.rows[line], sheet.rows[other]
            apart = ", ".join(f"'{h}'" for h in ignored if here[h] != there[h])
            where = f"row {line}, column {headings['run']}" if "run" in headings else f"row {line}"
            said = "the same family, data set, settings and seed as"
            more = "a column seed tells repeated trainings apart"
            if lines.get(cell.run):
                said, more = f"'{cell.run}' is also", "give each row a name of its own, or none"
            if apart:
                what = "call what tells them apart by a setting that it knows, such as network"
                more = f"they differ in {apart}, which labkit does not know: {what}"
            raise LabkitError(f"{where}: {said} row {other}; {more}")
        lines[cell.run] = lines[cell.where] = line
