"""Honest answers for any table of metrics, typed by hand or kept from older runs.

``labkit reflect METRICS.csv``: a row a cell, with the columns of labkit's own
``metrics.csv``. A value means what its digits say: 0.05 is anything from 0.045 to
0.055, so 0.05 and 0.06 tie and 0.05 and 0.07 do not.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from labkit.catalog import DATASETS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.claims import Answer, Table, answers_of, collapse
from labkit.claims.cell import Cell, Level, Measured
from labkit.claims.cells import INITIAL, Cells, as_level, known_settings, make_cells
from labkit.claims.seeds_needed import glob, run_command
from labkit.errors import LabkitError, behind, reason

MAX_BYTES = 20_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 500
STATUSES = ("done", "trained", "failed", "missing")
#: Columns that are read but are neither a setting nor a metric.
KEYS = ("run", "family", "dataset", "seed", "status", "collapse", "best_epoch")
#: Columns of labkit's own table that carry nothing a claim uses.
SILENT = ("experiment", "note")


class TableError(LabkitError):
    """A table that cannot be read: one line naming row and column."""


@dataclass(frozen=True)
class Metrics:
    """A table as read."""

    cells: Cells
    unknown: tuple[str, ...]
    """Columns that are neither settings nor metrics: kept in the file, used in no claim."""


def reflect(path: Path) -> tuple[Answer, ...]:
    """The answers a table of metrics bears.

    Raises:
        TableError: not a readable table; the message is one line.
    """
    return answers_to(read(path))


def answers_to(found: Metrics) -> tuple[Answer, ...]:
    """The answers to the questions a table that has been read calls for."""
    return answers_of(Table(found.cells, resume=_command(found.cells)))


def read(path: Path) -> Metrics:
    """Read a CSV of metrics, each value with the rounding it was given with.

    Commas or semicolons; a first line of column names; UTF-8. ``initial_<loss>`` columns
    hold first-epoch values. Absent columns and empty fields mean *not measured*.

    Raises:
        TableError: too large, not text, no header, a row of another length, text or NaN in
            a number column, an impossible seed or status, or two rows of the same cell.
    """
    header, rows = _rows(path)
    settings, metrics = set(known_settings()), set(METRICS)
    initial = {f"{INITIAL}{name}" for name in METRICS}
    known = {*settings, *metrics, *initial, *KEYS, *SILENT}
    for name in [*metrics, *initial]:
        _write_zeros_out(name, [row for _, row in rows])
    cells = [_cell(line, row, settings) for line, row in rows]
    if not {*metrics, *initial}.intersection(header):
        raise TableError(
            f"{path.name}: row 1: no column is a metric of labkit's, such as proxy_fid; columns "
            "are separated by commas or semicolons"
        )
    _check_distinct(rows, cells)
    unknown = tuple(name for name in header if name not in known)
    return Metrics(make_cells(cells), unknown)


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


def _rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header, and every row with its number in the file (the header is row 1)."""
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
    _check_header(header)
    rows: list[tuple[int, dict[str, str]]] = []
    for number, fields in enumerate(lines[1:], 2):
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(header):
            raise TableError(f"row {number}: {len(fields)} fields, but {len(header)} column names")
        if len(rows) == MAX_ROWS:
            raise TableError(f"{path.name}: more than {MAX_ROWS:,} rows")
        values = (_unquoted(field) for field in fields)
        rows.append((number, dict(zip(header, values, strict=True))))
    if not rows:
        raise TableError(f"{path.name}: no rows below the column names")
    return header, rows


def _write_zeros_out(name: str, rows: Sequence[dict[str, str]]) -> None:
    """Give a column's zeros the decimals of its finest value: nobody writes those out.

    Else the "0.0" a program writes beside 0.0004 would tie with it.
    """
    decimals = 0
    for row in rows:
        with contextlib.suppress(ValueError):  # said later, with its row
            number = parse_number(row.get(name, ""))
            decimals = max(decimals, (number and number.decimals) or 0)
    for row in rows:
        with contextlib.suppress(ValueError):
            if (number := parse_number(row.get(name, ""))) and number.value == 0:
                row[name] = f"{0:.{decimals}f}"


def _unquoted(field: str) -> str:
    """A field without the apostrophe that keeps spreadsheets from running it."""
    field = field.strip()
    return field[1:] if field[:1] == "'" and field[1:2] in "=+-@" and len(field) > 1 else field


def _check_header(header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise TableError(f"row 1: more than {MAX_COLUMNS} columns")
    for i, name in enumerate(header, 1):
        if not name:
            raise TableError(f"row 1: column {i} has no name")
        if name in header[: i - 1]:
            raise TableError(f"row 1: column {name} is there twice")


def _cell(line: int, row: dict[str, str], settings: set[str]) -> Cell:
    family = _family(row)
    status = row.get("status", "")
    if status and status not in STATUSES:
        raise TableError(f"row {line}, column status: '{status}'; one of {', '.join(STATUSES)}")
    metrics = {name: _number(line, name, row) for name in METRICS if name in row}
    initial = {
        name: _number(line, f"{INITIAL}{name}", row)
        for name in METRICS
        if f"{INITIAL}{name}" in row
    }
    measured = {name: value for name, value in metrics.items() if value is not None}
    first = {name: value for name, value in initial.items() if value is not None}
    seconds = measured.get("seconds")
    return Cell(
        run=row.get("run", "") or f"row {line}",
        family=family,
        dataset=_named(row.get("dataset", ""), {k: v.label for k, v in DATASETS.items()}),
        seed=_whole(line, "seed", row) or 0,
        settings={n: _level(n, row[n]) for n in sorted(settings & row.keys()) if row[n]},
        metrics=measured,
        status=status,
        collapse=collapse.read(row.get("collapse")),
        seconds=seconds.value if seconds else None,
        best_epoch=_whole(line, "best_epoch", row),
        first=first,
        last=measured,
        from_table=bool(first),
    )


def _number(line: int, name: str, row: dict[str, str]) -> Measured | None:
    text = row[name]
    try:
        return parse_number(text)
    except ValueError:
        hint = ""
        if "," in text and text.replace(",", "", 1).replace(".", "", 1).lstrip("+-").isdigit():
            hint = "; decimals take a point"
        elif text.lower() in ("nan", "na", "n/a", "none", "null", "-", "—"):
            hint = "; leave it empty for not measured"
        raise TableError(
            f"row {line}, column {name}: '{_short(text)}' is not a number{hint}"
        ) from None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _whole(line: int, name: str, row: dict[str, str]) -> int | None:
    """A whole number of a column, or None where it is absent or empty."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        number = Decimal(text)
        if not 0 <= number < 2**32 or number != int(number):
            raise ValueError
    except (ArithmeticError, ValueError):
        raise TableError(
            f"row {line}, column {name}: '{_short(text)}' is not a whole number from 0 up"
        ) from None
    return int(number)


def _level(name: str, text: str) -> Level:
    labels = {
        "loss": {key: loss.label for key, loss in LOSSES.items()},
        "reconstruction": {key: each.label for key, each in RECONSTRUCTIONS.items()},
    }
    if name in labels:
        return _named(text, labels[name])
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = Decimal(text)
        return as_level(float(text)) if number.is_finite() and number.adjusted() < 100 else text
    except InvalidOperation:
        return as_level(text)


def _family(row: dict[str, str]) -> str:
    """The family as named, or the one whose columns the row fills."""
    text = row.get("family", "")
    if text:
        return _named(text, {key: family.label for key, family in FAMILIES.items()})
    if any(row.get(name) for name in ("latent_dim", "recon_loss", "kl_loss", "total_loss")):
        return "vae"
    if any(row.get(name) for name in ("z_dim", "d_loss", "g_loss", "loss")):
        return "gan"
    return ""


def _named(text: str, labels: dict[str, str]) -> str:
    """The catalog key of a name however it is spelled: "Fashion-MNIST", "fashion mnist"."""
    plain = _plain(text)
    for key, label in labels.items():
        if plain in (_plain(key), _plain(label)):
            return key
    return text


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _check_distinct(rows: list[tuple[int, dict[str, str]]], cells: list[Cell]) -> None:
    names: dict[str, int] = {}
    places: dict[object, int] = {}
    for (line, _), cell in zip(rows, cells, strict=True):
        if cell.run in names:
            raise TableError(
                f"row {line}, column run: '{_short(cell.run)}' is also row {names[cell.run]}"
            )
        names[cell.run] = line
        if cell.where in places:
            raise TableError(
                f"row {line}, column run: the same family, data set, settings and seed as row "
                f"{places[cell.where]}"
            )
        places[cell.where] = line


def _command(cells: Cells) -> Callable[[Sequence[str], int], str]:
    """A command only where the runs carry labkit's own names; else none would work."""
    ours = all(
        cell.dataset in DATASETS
        and cell.family in FAMILIES
        and cell.run.startswith(f"{cell.dataset}_{FAMILIES[cell.family].label}_")
        for cell in cells
    )

    def command(names: Sequence[str], seeds: int) -> str:
        return run_command(glob(names), seeds) if ours else ""

    return command
