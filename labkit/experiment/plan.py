"""What a run resolves to: a `Plan`, the list of its cells and their settings.

:mod:`labkit.experiment.grid` makes one from an experiment file, and the store keeps it as
``plan.json``, so that reading results needs no experiment file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Self

from labkit.catalog import FAMILIES
from labkit.errors import PlanError, misshapen
from labkit.experiment.spec import OWN_CODE, CellSpec
from labkit.plugins import registry as own_code
from labkit.plugins.registry import OwnCodeError

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """What one run resolves to."""

    name: str  # ``lab1``, or ``lab1-quick`` with a profile: the folder of results and report
    title: str
    author: dict[str, str]  # ``name``, ``id``, ``group``, ``course``; empty if the file is silent
    profile: str | None
    seeds: tuple[int, ...]
    data_source: str  # ``full`` or ``bundled``
    data_reason: str  # One sentence: why this source
    snapshot_epochs: tuple[int, ...]  # Epochs whose samples the report shows; no part of a cell
    settings: dict[str, Any]  # The file with the profile merged in, checked, defaults filled in
    cells: tuple[CellSpec, ...]  # By experiment as in the file; levels in numeric or catalog order

    def snapshots(self, cell: CellSpec) -> tuple[int, ...]:
        """The epochs to show of one cell, which may train for fewer than others."""
        return snapshot_epochs(self.snapshot_epochs, cell.training["epochs"])

    def sheet_gan(self, cell: CellSpec) -> CellSpec | None:
        """The data set's first GAN, whose discriminator yields the lab sheet's number.

        None also for a cell of the user's own loop, which nothing else measures.
        """
        return None if cell.code == OWN_CODE else self._sheet_gans.get(cell.dataset)

    @cached_property
    def _sheet_gans(self) -> dict[str, CellSpec]:
        # From the last to the first, so that the first stays. Plans without the setting
        # `networks` are from before there was a choice, and had Lab 1's.
        gans = (c for c in reversed(self.cells) if c.family == "gan" and c.code != OWN_CODE)
        usual = {"networks": "lab1", "d_norm": "own"}
        return {c.dataset: c for c in gans if usual.items() <= {**usual, **c.params}.items()}

    def keeping_own(self, old: Self) -> Self:
        """Add an older plan's own-code cells, which no experiment file can name.

        Where a cell of the file has the same name, the own-code cell becomes ``<name>_own``.
        """
        asked = tuple(cell for cell in self.cells if cell.code != OWN_CODE)
        names = {cell.name for cell in asked}
        own = (cell for cell in old.cells if cell.code == OWN_CODE)
        own = (replace(c, name=f"{c.name}_own") if c.name in names else c for c in own)
        return replace(self, cells=(*asked, *own))

    def within(self, budget: Mapping[str, Any]) -> Self:
        """The plan cut to a time budget, which it remembers.

        The budget has ``seconds``, and one of ``cells``, ``images`` and ``epochs``: how many
        remain. Cells that were left out stay in the plan; they are not trained.
        """
        cells = tuple(cut(cell, budget) for cell in self.cells)
        settings = {**self.settings, "within": dict(budget)}
        for name, section, key in (("images", "data", "limit"), ("epochs", "training", "epochs")):
            if name in budget:
                settings[section] = {**settings[section], key: budget[name]}
        longest = max(cell.training["epochs"] for cell in cells)
        shown = snapshot_epochs(self.snapshot_epochs, longest)
        return replace(self, cells=cells, settings=settings, snapshot_epochs=shown)

    def to_json(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values |= {"seeds": list(self.seeds), "snapshot_epochs": list(self.snapshot_epochs)}
        values["cells"] = [cell.to_json() for cell in self.cells]
        return {"format_version": FORMAT_VERSION, **values}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The plan that `to_json` wrote; PlanError where it is of another format or incomplete."""
        try:
            version = value["format_version"]
            if version != FORMAT_VERSION:
                raise PlanError(f"plan.json: format {version}; this labkit reads {FORMAT_VERSION}")
            values = {each.name: value[each.name] for each in fields(cls)}
            if files := values["settings"].get("own"):
                own_code.register(own_code.from_json(files))
            values |= {name: tuple(values[name]) for name in ("seeds", "snapshot_epochs")}
            values["cells"] = tuple(CellSpec.from_json(cell) for cell in values["cells"])
            if not values["cells"]:
                raise PlanError("plan.json: damaged: no cells")
            budget = values["settings"].get("within", {})
            if not all(isinstance(n, int | float) and n > 0 for n in budget.values()):
                raise PlanError("plan.json: damaged: settings.within")
            for cell in values["cells"]:
                if cell.family not in FAMILIES or not isinstance(cell.params, dict):
                    raise PlanError(f"plan.json: {cell.name}: no cell that this labkit knows")
        except OwnCodeError as error:
            raise PlanError(f"plan.json: {error}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise PlanError(f"plan.json: damaged: {misshapen(error)}") from error
        return cls(**values)


def cut(cell: CellSpec, budget: Mapping[str, Any]) -> CellSpec:
    """A cell on so many ``images`` or for so many ``epochs`` of a budget at most."""
    if cell.code == OWN_CODE:  # it is trained already, and elsewhere
        return cell
    data, training = cell.data, cell.training
    if images := budget.get("images"):
        data = {**data, "limit": min(images, data["limit"] or images)}
    if epochs := budget.get("epochs"):
        training = {**training, "epochs": min(epochs, training["epochs"])}
    return replace(cell, data=data, training=training)


def matches(name: str, pattern: str) -> bool:
    """Whether a cell's name, with or without its seed, matches the glob of ``--only``."""
    return fnmatchcase(name, pattern) or fnmatchcase(re.sub(r"_seed\d+\Z", "", name), pattern)


def snapshot_epochs(asked: Sequence[int], epochs: int) -> tuple[int, ...]:
    """The epochs to show of a training: those of `asked` that it reaches, and its last."""
    return tuple(sorted({epoch for epoch in asked if epoch <= epochs} | {epochs}))
