"""A training of somewhere else that has ended: its CSV, a row an epoch or a step, as a cell.

``labkit import HISTORY.csv --as NAME --family gan --dataset MNIST --set loss=bce``: its curves
stand in the report beside those of other cells. What was not written down is not measured.
"""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.catalog import FAMILIES, REGISTRIES
from labkit.errors import LabkitError, UserError, nearest
from labkit.text.numbers import listing
from labkit.text.sheet import Sheet, read_sheet

#: What the losses are called elsewhere, without capitals, spaces and underscores.
USUAL = {
    "d_loss": ("dloss", "lossd", "errd", "discloss", "discriminatorloss", "lossdiscriminator",
               "criticloss", "losscritic", "ld"),
    "g_loss": ("gloss", "lossg", "errg", "genloss", "generatorloss", "lossgenerator", "lg"),
    "total_loss": ("totalloss", "loss", "trainloss", "trainingloss", "vaeloss", "total",
                   "trainlossepoch"),
    "recon_loss": ("reconloss", "reconstructionloss", "recloss", "recon", "reconstruction",
                   "reconsloss", "bce", "mse", "bceloss", "mseloss"),
    "kl_loss": ("klloss", "kl", "kld", "kldloss", "kldivergence", "kldiv", "latentloss"),
}  # fmt: skip
#: What the column of epochs is called.
EPOCHS = ("epoch", "epochs", "ep")
#: Columns that tell trainings apart, though they hold numbers.
TELLING = ("run", "seed", "fold", "trial")
#: Fields of what was not measured.
NOTHING = ("", "-", "—", "none", "null", "n/a", "na")


@dataclass(frozen=True)
class History:
    """What was written down of a training."""

    rows: list[dict[str, float | None]]  # Epoch by epoch from 1, under labkit's names
    notes: tuple[str, ...]  # How the file was understood, a line each


def read_history(path: Path, family: str, where: Sequence[str] = ()) -> History:
    """Read a history: a CSV with a column ``epoch``; several rows of an epoch are averaged.

    The losses of `family` are looked for, in the rows that `where` says as it was typed
    (``phase=train``). UserError where it is no such history, or one of several trainings.
    """
    if family not in FAMILIES:
        raise UserError(f"--family {family}: {nearest(family, FAMILIES)}")
    losses = FAMILIES[family].losses
    try:
        sheet = _of_one_training(read_sheet(path), where)
        names = _names(sheet, losses)
        first, rows = _by_epoch(sheet, names)
    except LabkitError as error:
        raise UserError(f"{path.name}: {error}") from error
    renamed = listing(f"{theirs} is {ours}" for theirs, ours in names.items() if theirs != ours)
    missing = listing(loss for loss in losses if loss not in names.values())
    counted = "" if first else "its epochs 0, 1, ... are 1, 2, ... here"
    notes = renamed, counted, f"not measured: {missing}" if missing else ""
    return History(rows, tuple(filter(None, notes)))


def _of_one_training(sheet: Sheet, where: Sequence[str]) -> Sheet:
    """One training's rows and columns of numbers; LabkitError where a column tells of several."""
    rows = sheet.rows
    for text in where:
        name, _equals, value = (part.strip() for part in text.partition("="))
        if name not in sheet.header:
            raise LabkitError(f"--where {text}: no such column; {nearest(name, sheet.header)}")
        rows = {line: row for line, row in rows.items() if row[name] == value}
        if not rows:
            there = listing(sorted({row[name] for row in sheet.rows.values()})[:5])
            raise LabkitError(f"--where {text}: no such row; there is {there}")
    left_out = [
        name
        for name in sheet.header
        if name.lower() in TELLING or (name.lower() not in EPOCHS and _is_text(name, rows))
    ]
    for name in left_out:
        values = sorted({row[name] for row in rows.values()} - {""})
        if len(values) > 1:
            some = f"{name} ({', '.join(values[:3])}{', ...' if len(values) > 3 else ''})"
            raise LabkitError(f"rows of several {some}; choose with --where '{name}={values[0]}'")
    header = tuple(name for name in sheet.header if name not in left_out)
    return Sheet(header, rows, sheet.line)


def _is_text(name: str, rows: Mapping[int, Mapping[str, str]]) -> bool:
    """Whether none of a column's values is a number."""
    values = [row[name] for row in rows.values() if row[name].lower() not in NOTHING]
    return not any(
        re.fullmatch(r"[-+]?[\d.,]+(e[-+]?\d+)?|[-+]?(nan|inf)\w*", v.lower()) for v in values
    )


def _names(sheet: Sheet, losses: Sequence[str]) -> dict[str, str]:
    """Each column of numbers to labkit's name for it, or its own; LabkitError without a loss."""
    found: dict[str, str] = {}
    for heading in sheet.header:
        plain = re.sub(r"[\W_]", "", heading.lower())
        ours = next((n for n in losses if heading == n or plain in USUAL.get(n, ())), heading)
        if ours in found.values():
            first = next(theirs for theirs, name in found.items() if name == ours)
            both = f"columns '{first}' and '{heading}' are both {ours}"
            raise LabkitError(f"row {sheet.line}: {both}")
        if plain not in EPOCHS:
            found[heading] = ours
    if not set(found.values()) & set(losses):
        why = f"no column is a loss of this family: {', '.join(losses)}"
        raise LabkitError(f"row {sheet.line}: {why}")
    return found


def _by_epoch(sheet: Sheet, names: Mapping[str, str]) -> tuple[int, list[dict[str, float | None]]]:
    """The number of the first epoch, and the values of each in turn, the means of its rows.

    LabkitError where a value is no number, or an epoch is missing.
    """
    column = next((h for h in sheet.header if re.sub(r"\W", "", h.lower()) in EPOCHS), None)
    groups: dict[int, list[tuple[int, Mapping[str, str]]]] = defaultdict(list)
    for place, (line, row) in enumerate(sheet.rows.items(), 1):
        epoch = _number(line, column, row[column]) if column else place
        if epoch is None or epoch != int(epoch) or epoch < 0:
            raise LabkitError(f"row {line}, column {column}: '{row[column or '']}' is no epoch")
        groups[int(epoch)].append((line, row))
    start = min(groups)
    lacking = next((e for e in range(start, max(groups) + 1) if e not in groups), None)
    if lacking is not None or start > 1:
        raise LabkitError(f"epoch {1 if start > 1 else lacking} has no row")
    return start, [_means(groups[epoch], names) for epoch in sorted(groups)]


def _means(
    rows: Sequence[tuple[int, Mapping[str, str]]], names: Mapping[str, str]
) -> dict[str, float | None]:
    """The mean of each column over some rows; None where it has no value there."""
    found: dict[str, float | None] = {}
    for theirs, ours in names.items():
        read = [_number(line, theirs, row[theirs]) for line, row in rows]
        values = [value for value in read if value is not None]
        found[ours] = math.fsum(values) / len(values) if values else None
    return found


def _number(line: int, column: str | None, text: str) -> float | None:
    """A field as a number, which may be NaN or infinite; None if it is empty."""
    if text.lower() in NOTHING:
        return None
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise LabkitError(f"row {line}, column {column}: '{text[:40]}' is not a number") from None


def settings(given: Sequence[str], family: str) -> dict[str, Any]:
    """``z_dim=64`` as a name and a value of the type that the catalog has for it.

    UserError where the family has no such setting, or it cannot have this value.
    """
    params = FAMILIES[family].params
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise UserError(f"--set {text}: a name, = and a value, such as z_dim=64")
        if name not in params:
            raise UserError(f"--set {text}: {family} has no '{name}'; {nearest(name, params)}")
        choices = params[name].choices
        if choices and value not in REGISTRIES[choices]:
            raise UserError(f"--set {text}: {nearest(value, REGISTRIES[choices])}")
        found[name] = value if choices else _value(value, params[name].default)
    return found


def _value(text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return text.lower() in ("true", "yes", "1")
    if isinstance(default, list | tuple):
        each = default[0] if default else ""
        return [_value(part, each) for part in text.strip("[]()").split(",")]
    try:
        return float(text) if isinstance(default, float) else int(text)
    except ValueError:
        return text
