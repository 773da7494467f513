"""What differs between two plans and the machines that ran them, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec
from labkit.reporting.cell import Cell
from labkit.reporting.compare.paired import key
from labkit.text.language import N_, _
from labkit.text.numbers import setting

#: Parts of a spec that are no setting, in words.
_NAMES = {
    "code": N_("training code"),
    "data.sha256": N_("training images"),
    "data.source": N_("data source"),
    "data.limit": N_("training images used"),
    "selection.features": N_("feature network of the best epoch"),
    "selection.rule": N_("rule of the best epoch"),
    "selection.samples": N_("samples for the best epoch"),
    "selection.against": N_("images for the best epoch"),
    "evaluation.features": N_("feature network"),
    "evaluation.samples": N_("samples measured"),
    "evaluation.code": N_("measuring code"),
}
#: What names a cell; two cells that are compared agree in it, or differ by intent.
_LEFT_OUT = ("name", "experiment", "seed")
_HASH = 12


@dataclass(frozen=True)
class Change:
    """A setting that differs in the same way in some cells."""

    name: str
    a: str
    b: str
    cells: tuple[str, ...]
    """Their names, without seed."""


def changes(a: Plan, b: Plan) -> list[Change]:
    """In which settings the cells that both plans have differ; the most cells first."""
    first = {key(c.name, c.seed): c for c in a.cells}
    second = {key(c.name, c.seed): c for c in b.cells}
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for k in (k for k in first if k in second):
        for name, u, v in _differences(first[k], second[k]):
            found.setdefault((name, _shown(u), _shown(v)), {})[k[0]] = None
    made = [Change(*what, tuple(cells)) for what, cells in found.items()]
    return sorted(made, key=lambda change: -len(change.cells))


def _differences(a: CellSpec, b: CellSpec) -> Iterator[tuple[str, Any, Any]]:
    first, second = _flat(a.to_json()), _flat(b.to_json())
    for path in dict.fromkeys([*first, *second]):
        u, v = first.get(path), second.get(path)
        if path not in _LEFT_OUT and u != v:
            name = path.rpartition(".")[2].replace("_", " ")
            yield _(_NAMES[path]) if path in _NAMES else name, u, v


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found |= _flat(inner, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = inner
    return found


def _shown(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return f"{value[:_HASH]}…"
    return setting(value)


def environments(a: Sequence[Cell], b: Sequence[Cell]) -> list[tuple[str, str, str]]:
    """What was different about the machines: name, A's and B's values, of all their cells."""
    first, second = _values(a), _values(b)
    return [
        (name, ", ".join(first.get(name, ())), ", ".join(second.get(name, ())))
        for name in dict.fromkeys([*first, *second])
        if set(first.get(name, ())) != set(second.get(name, ()))
    ]


def _values(cells: Sequence[Cell]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        if cell.result:
            for name, value in cell.result.environment.get("numeric", {}).items():
                found.setdefault(name, {})[setting(value)] = None
    return found
