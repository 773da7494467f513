"""A CSV as people, spreadsheets and programs leave it: its column names and its rows."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabkitError, behind, reason

MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 20_000_000, 20_000, 500


@dataclass(frozen=True)
class Sheet:
    """A table of text."""

    header: tuple[str, ...]
    rows: dict[int, dict[str, str]]  # every row, at least one, by its number in the file
    line: int = 1  # the number of the row with the column names


def read_sheet(path: Path) -> Sheet:
    """Read a CSV with commas or semicolons, or what its first line says (``sep=;``); UTF-8.

    A column without name or value is left out, and so is a first one without name that only
    counts the rows, as pandas writes it; if that has other values, it is the column ``run``. A
    LabkitError where it is no such table names the row.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LabkitError(f"larger than {MAX_BYTES:,} bytes")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise LabkitError(reason(error)) from error
    except UnicodeDecodeError as error:
        raise LabkitError(f"not UTF-8 text (byte {error.start})") from error
    first, _end, rest = text.partition("\n")
    said = re.fullmatch(r'"?sep=(\\t|.)"?', first.rstrip("\r"), re.IGNORECASE)
    start, text = (2, rest) if said else (1, text)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    if said:
        delimiter = said[1].replace("\\t", "\t")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise LabkitError(f"not a table of CSV{behind('csv', error)}") from error
    return _sheet(lines, start)


def _sheet(lines: Sequence[list[str]], start: int) -> Sheet:
    """The sheet of lines whose first, the column names, has a number in the file."""
    if not lines or not any(field.strip() for field in lines[0]):
        raise LabkitError(f"row {start}: no column names")
    header = [field.strip() for field in lines[0]]
    if len(header) > MAX_COLUMNS:
        raise LabkitError(f"row {start}: more than {MAX_COLUMNS} columns")
    if twice := next((n for i, n in enumerate(header) if n and n in header[:i]), ""):
        raise LabkitError(f"row {start}: column {twice} is there twice")
    rows: dict[int, list[str]] = {}
    for number, fields in enumerate(lines[1:], start + 1):
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(header):
            raise LabkitError(f"row {number}: {len(fields)} fields, but {len(header)} column names")
        if len(rows) == MAX_ROWS:
            raise LabkitError(f"more than {MAX_ROWS:,} rows")
        rows[number] = [_unquoted(field) for field in fields]
    if not rows:
        raise LabkitError("no rows below the column names")
    kept = []
    for i, name in enumerate(header):
        values = [fields[i] for fields in rows.values()]
        if i == 0 and re.fullmatch(r"(Unnamed: 0)?", name):
            if all(value.isdecimal() for value in values):
                continue  # an index
            name = name if "run" in map(str.lower, header) else "run"
        if not name and any(values):
            raise LabkitError(f"row {start}: column {i + 1} has no name")
        kept += [(i, name)] if name else []
    each = {n: {name: fields[i] for i, name in kept} for n, fields in rows.items()}
    return Sheet(tuple(name for _, name in kept), each, start)


def _unquoted(field: str) -> str:
    """A field without the apostrophe that keeps spreadsheets from running it."""
    field = field.strip()
    return field[1:] if field[:1] == "'" and field[1:2] in "=+-@" and len(field) > 1 else field
