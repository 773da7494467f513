"""Honest answers for any table of metrics, typed by hand or kept from older runs.

``labkit reflect METRICS.csv``: a row a cell, with the columns of labkit's own
``metrics.csv``. A value means what its digits say: 0.05 is anything from 0.045 to
0.055, so 0.05 and 0.06 tie and 0.05 and 0.07 do not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from labkit.catalog import DATASETS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.claims import Answer, Table, answers_of
from labkit.claims.cell import Cell, Level, Measured, named, verdict_of
from labkit.claims.cells import INITIAL, NO_SETTING, Cells, as_level, known_settings, make_cells
from labkit.claims.measure import Samples
from labkit.claims.seeds_needed import glob, run_command
from labkit.errors import LabkitError, behind, reason

MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 20_000_000, 20_000, 500
STATUSES = ("done", "trained", "failed", "missing")
#: Columns whose values are keys of the catalog, in whatever spelling.
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "dataset": DATASETS, "family": FAMILIES, "loss": LOSSES, "reconstruction": RECONSTRUCTIONS,
}  # fmt: skip
Row = dict[str, str]


class TableError(LabkitError):
    """A table that cannot be read: one line naming row and column."""


@dataclass(frozen=True)
class Metrics:
    """A table as read, and its columns that are neither settings nor metrics: no claim's."""

    cells: Cells
    unknown: tuple[str, ...]


def reflect(path: Path) -> tuple[Answer, ...]:
    """The answers a table of metrics bears; :func:`read` says what is refused."""
    return answers_to(read(path))


def answers_to(found: Metrics) -> tuple[Answer, ...]:
    """The answers to the questions a table that has been read calls for."""
    # Only where all runs carry labkit's own names would a command work.
    ours = all(
        cell.dataset in DATASETS
        and cell.family in FAMILIES
        and cell.run.startswith(f"{cell.dataset}_{FAMILIES[cell.family].label}_")
        for cell in found.cells
    )

    def command(names: Sequence[str], seeds: int) -> str:
        return run_command(glob(names), seeds) if ours else ""

    # Its verdicts on mode collapse say how many samples labkit judged by.
    usual, judged = Samples(), {cell.collapse.n for cell in found.cells if cell.collapse} - {None}
    samples = usual if ours and judged == {usual.evaluation} else None
    return answers_of(Table(found.cells, samples, resume=command))


def read(path: Path) -> Metrics:
    """Read a CSV of metrics, each value with the rounding it was given with.

    Commas or semicolons; a first line of column names; UTF-8. ``initial_<loss>`` columns
    hold first-epoch values. Absent columns and empty fields mean *not measured*.

    Raises:
        TableError: not such a file, or a value that cannot be; or two rows of the same cell.
    """
    rows = _rows(path)
    header = list(next(iter(rows.values())))
    settings = set(known_settings())
    numbers = {f"{start}{name}" for start in ("", INITIAL) for name in METRICS}
    for name in numbers.intersection(header):
        _write_zeros_out(name, rows.values())
    cells = {line: _cell(line, row, settings) for line, row in rows.items()}
    if numbers.isdisjoint(header):
        raise TableError(
            f"{path.name}: row 1: no column is a metric of labkit's, such as proxy_fid; columns "
            "are separated by commas or semicolons"
        )
    _check_distinct(cells)
    unknown = (name for name in header if name not in numbers | settings | NO_SETTING)
    return Metrics(make_cells(cells.values()), tuple(unknown))


def parse_number(text: str) -> Measured | None:
    """A number and its rounding: "0.05" is 0.05 ± 0.005; "" is None.

    Raises:
        ValueError: not a finite number.
    """
    text = text.strip()
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


def _rows(path: Path) -> dict[int, Row]:
    """Every row, at least one, by its number in the file; the header is row 1."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableError(f"{path}: larger than {MAX_BYTES:,} bytes")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise TableError(f"{path}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path.name}: not UTF-8 text (byte {error.start})") from error
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise TableError(f"{path.name}: not a table of CSV{behind('csv', error)}") from error
    if not lines or not any(field.strip() for field in lines[0]):
        raise TableError(f"{path.name}: row 1: no column names")
    header = [field.strip() for field in lines[0]]
    if len(header) > MAX_COLUMNS:
        raise TableError(f"row 1: more than {MAX_COLUMNS} columns")
    for i, name in enumerate(header):
        if not name:
            raise TableError(f"row 1: column {i + 1} has no name")
        if name in header[:i]:
            raise TableError(f"row 1: column {name} is there twice")
    rows: dict[int, Row] = {}
    for number, fields in enumerate(lines[1:], 2):
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(header):
            raise TableError(f"row {number}: {len(fields)} fields, but {len(header)} column names")
        if len(rows) == MAX_ROWS:
            raise TableError(f"{path.name}: more than {MAX_ROWS:,} rows")
        rows[number] = dict(zip(header, map(_unquoted, fields), strict=True))
    if not rows:
        raise TableError(f"{path.name}: no rows below the column names")
    return rows


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


def _unquoted(field: str) -> str:
    """A field without the apostrophe that keeps spreadsheets from running it."""
    field = field.strip()
    return field[1:] if field[:1] == "'" and field[1:2] in "=+-@" and len(field) > 1 else field


def _cell(line: int, row: Row, settings: set[str]) -> Cell:
    family, status = _family(row), row.get("status", "")
    if status and status not in STATUSES:
        raise TableError(f"row {line}, column status: '{status}'; one of {', '.join(STATUSES)}")
    metrics, first = (
        {n: value for n in METRICS if (value := _number(line, f"{start}{n}", row)) is not None}
        for start in ("", INITIAL)
    )
    return Cell(
        run=row.get("run", "") or f"row {line}",
        family=family,
        dataset=_chosen("dataset", row.get("dataset", "")),
        seed=_whole(line, "seed", row) or 0,
        settings={n: _level(n, row[n]) for n in sorted(settings & row.keys()) if row[n]},
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
    try:
        return parse_number(text)
    except ValueError:
        hint = ""
        if "," in text and text.replace(",", "", 1).replace(".", "", 1).lstrip("+-").isdigit():
            hint = "; decimals take a point"
        elif text.lower() in ("nan", "na", "n/a", "none", "null", "-", "—"):
            hint = "; leave it empty for not measured"
        raise _mistake(line, name, text, f"is not a number{hint}") from None


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
        raise _mistake(line, name, text, "is not a whole number from 0 up") from None
    return int(number)


def _mistake(line: int, column: str, text: str, why: str) -> TableError:
    text = " ".join(text.split())
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return TableError(f"row {line}, column {column}: '{short}' {why}")


def _level(name: str, text: str) -> Level:
    if name in CHOICES:
        return _chosen(name, text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = Decimal(text)
        return as_level(float(text)) if number.is_finite() and number.adjusted() < 100 else text
    except InvalidOperation:
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


def _check_distinct(cells: Mapping[int, Cell]) -> None:
    lines: dict[object, int] = {}
    for line, cell in cells.items():
        if other := lines.get(cell.run):
            raise _mistake(line, "run", cell.run, f"is also row {other}")
        if other := lines.get(cell.where):
            same = "the same family, data set, settings and seed as row"
            raise TableError(f"row {line}, column run: {same} {other}")
        lines[cell.run] = lines[cell.where] = line
