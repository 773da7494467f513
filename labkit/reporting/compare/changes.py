"""What differs between two plans and the machines that ran them, setting by setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

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


Change = tuple[str, str, str, tuple[str, ...]]
"""A value's name, what A and B have, and the cells, without seed, in which it differs so."""


def changes(
    records: Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]],
) -> list[Change]:
    """In which values the records of the same cells differ; the most cells first.

    Args:
        records: a cell's name, without seed, and what A and B have of it.
    """
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for cell, *both in records:
        a, b = (pd.json_normalize([dict(record)]).to_dict("records")[0] for record in both)
        for path in dict.fromkeys([*a, *b]):
            if path not in _LEFT_OUT and a.get(path) != b.get(path):
                name = str(path).rpartition(".")[2].replace("_", " ")
                name = _(_NAMES[path]) if path in _NAMES else name
                change = name, _shown(a.get(path)), _shown(b.get(path))
                found.setdefault(change, {})[cell] = None
    made = [(*what, tuple(cells)) for what, cells in found.items()]
    return sorted(made, key=lambda change: -len(change[-1]))


def _shown(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return f"{value[:_HASH]}…"
    return setting(value)
