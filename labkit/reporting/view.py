"""What every section looks at: the plan, how its cells ended, and the two tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from labkit import calibration
from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.catalog.metrics import SHARES
from labkit.experiment.spec import OWN_CODE, UNSTATED, canonical_json
from labkit.reporting.cell import Cell, Tables, cells_of, tables
from labkit.reporting.plots.style import Style, level_label, level_of
from labkit.text.language import N_, _, many
from labkit.text.numbers import levels, listing, setting, show

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan
    from labkit.store.store import Store

#: Most cells of one seed whose grids share a page; of more, the best of each model and data set.
MANY, MOST = 60, 12
_NOT_DONE = {
    "failed": N_("{n} failed"),
    "missing": N_("{n} missing"),
    "trained": N_("{n} trained but not measured"),
}


@dataclass(frozen=True)
class FidScale:
    """Proxy FID of real images (floor) and of noise (ceiling); None where not calibrated."""

    floor: float | None = None
    #: The same against training images, at the number of samples that choose the epoch.
    tracking_floor: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True)
class View:
    """Everything a section may read. Nothing here touches a file but the cells' paths."""

    plan: Plan
    in_order: tuple[Cell, ...]  # the plan's cells, in its order
    committed: str = ""  # time of the newest commit
    options: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def tables(self) -> Tables:
        return tables(self.plan, [cell.outcome for cell in self.in_order])

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, sorted by family, data set and settings."""
        orders = {
            family: {
                name: levels(level_of(s, name) for s in self.plan.cells if s.family == family)
                for name in (*FAMILIES[family].named_by, *self.style.factors(family))
            }
            for family in self.families
        }

        def place(cell: Cell) -> tuple[int, ...]:
            spec, order = cell.spec, orders[cell.spec.family]
            group = self.families.index(spec.family), self.datasets.index(spec.dataset)
            return *group, *(order[name].index(level_of(spec, name)) for name in order), spec.seed

        return tuple(sorted(self.in_order, key=place))

    @cached_property
    def style(self) -> Style:
        return Style(self.plan.cells)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The families present, in catalog order."""
        return tuple(f for f in FAMILIES if any(s.family == f for s in self.plan.cells))

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The data sets present, in catalog order."""
        return tuple(d for d in DATASETS if any(s.dataset == d for s in self.plan.cells))

    @cached_property
    def _counts(self) -> set[str]:
        """The metrics whose values are all whole numbers, that is, counts."""
        values = {name: [c.metric(name) for c in self.cells] for name in METRICS}
        return {n for n, v in values.items() if all(x is None or float(x).is_integer() for x in v)}

    def shown(self, cell: Cell, name: str) -> str:
        """A metric of a cell, as `say` has it."""
        return self.say(name, cell.metric(name))

    def say(self, name: str, value: float | None) -> str:
        """A metric with the catalog's digits; a count without a point, a share in percent."""
        if value is not None and name in SHARES:
            return f"{100 * value:.1f} %"
        if value is not None and name in self._counts:
            value = int(value)
        return show(value, METRICS[name].digits)

    @cached_property
    def pictured(self) -> frozenset[str]:
        """The names of the cells whose grids the report shows.

        All of one seed, if they are not too many. Else those of the first seed, and of each model
        and data set what stands out: the best (several, where the first seed's are too many as
        well), the worst and what collapsed.
        """
        first = {cell.name for cell in self.cells if cell.spec.seed == self.plan.seeds[0]}
        if len(first) == len(self.cells) <= MANY:
            return frozenset(first)
        found = {cell.name for cell in self.cells if cell.metric("mode_collapse")}
        found |= first if len(first) <= MANY else set()
        for family, dataset in product(self.families, self.datasets):
            cells = self._ranked(family, dataset)
            best = cells[: 1 if len(first) <= MANY else MOST]
            found |= {cell.name for cell in (*best, *cells[-1:])}
        return frozenset(found)

    @property
    def several_seeds(self) -> bool:
        return len(self.plan.seeds) > 1

    def of(self, family: str | None = None, dataset: str | None = None) -> tuple[Cell, ...]:
        """The cells of a family and a data set."""
        cells = [c for c in self.cells if family in (None, c.spec.family)]
        return tuple(c for c in cells if dataset in (None, c.spec.dataset))

    def best(self, family: str, dataset: str) -> Cell | None:
        """The cell of the lowest proxy FID (the first of equals), or None if none was measured."""
        return next(iter(self._ranked(family, dataset)), None)

    def _ranked(self, family: str, dataset: str) -> list[Cell]:
        """The cells with a proxy FID, the lowest first."""
        known = [c for c in self.of(family, dataset) if c.metric("proxy_fid") is not None]
        return sorted(known, key=lambda cell: cell.metric("proxy_fid") or 0.0)

    def groups(self, family: str, dataset: str) -> list[tuple[str, tuple[Cell, ...]]]:
        """Label and cells of each setting: the cells differ only in their seed."""
        found: dict[str, tuple[Cell, ...]] = {}
        for cell in self.of(family, dataset):
            label = self.style.label(cell.spec)
            found[label] = (*found.get(label, ()), cell)
        return list(found.items())

    def title(self, cell: Cell) -> str:
        """A cell as captions call it: "Hinge z 64", with its seed where there are several."""
        label, seed = self.style.label(cell.spec), cell.spec.seed
        return _("{cell} seed {seed}", cell=label, seed=seed) if self.several_seeds else label

    def fid_scale(self, dataset: str) -> FidScale:
        """The scale of a data set's proxy FID; empty if its cells were measured in several ways."""
        sizes = self._sizes(dataset)
        if len(sizes) != 1:
            return FidScale()
        ((samples, tracking),) = sizes
        floor, ends = calibration.floor(dataset, samples), calibration.ceilings(dataset)
        against_training = calibration.floor(dataset, tracking, tracking=True)
        return FidScale(floor, against_training, ends.get("noise"))

    def real(self, dataset: str, metric: str) -> float | None:
        """What a measure reads on as many real images of a data set, or None."""
        if metric == "proxy_fid":
            return self.fid_scale(dataset).floor
        sizes = {samples for samples, _tracking in self._sizes(dataset)}
        known = calibration.calibration(dataset)["real"].get(metric, {}) if sizes else {}
        return calibration.real_value(dataset, metric) if {known.get("samples")} == sizes else None

    def _sizes(self, dataset: str) -> set[tuple[int, int]]:
        """With how many samples, and tracking samples, a data set's cells were measured.

        Empty where the data set was not calibrated with their one feature network.
        """
        specs = [s for s in self.plan.cells if s.dataset == dataset and s.evaluation]
        try:
            calibrated = {calibration.calibration(dataset)["features"]}
        except FileNotFoundError:  # a data set of the user's own
            return set()
        if calibrated != {s.evaluation["features"] for s in specs}:
            return set()
        return {(s.evaluation["samples"], s.selection["samples"]) for s in specs}

    @cached_property
    def environments(self) -> dict[str, list[Cell]]:
        """Numeric environments (as canonical JSON) and the cells trained in each."""
        found: dict[str, list[Cell]] = {}
        for cell in self.cells:
            if cell.result:
                numeric = canonical_json(cell.result.environment.get("numeric", {}))
                found.setdefault(numeric, []).append(cell)
        return found

    @property
    def devices(self) -> list[str]:
        """The devices that cells were trained on, as far as it was recorded."""
        named = (json.loads(text).get("device", UNSTATED) for text in self.environments)
        return list(dict.fromkeys(str(name) for name in named if name != UNSTATED))

    @property
    def own_loops(self) -> list[str]:
        """The cells that a training loop outside of labkit made."""
        return [cell.name for cell in self.cells if cell.spec.code == OWN_CODE]

    @property
    def seeds_said(self) -> str:
        """The number of seeds in words: "3 seeds (42, 43 and 44)"."""
        seeds = self.plan.seeds
        named = listing(map(str, seeds))
        return many("one seed ({seeds})", "{n} seeds ({seeds})", len(seeds), seeds=named)

    @property
    def trouble(self) -> str:
        """Failed, missing and unmeasured cells in one clause, or empty."""
        counts = Counter(cell.status for cell in self.cells)
        return listing(_(said, n=counts[each]) for each, said in _NOT_DONE.items() if counts[each])

    @property
    def all_done(self) -> str:
        """ "18 of 18 cells done" and what became of the others."""
        done, n = sum(cell.status == "done" for cell in self.cells), len(self.cells)
        said = many("{done} of {n} cell done", "{done} of {n} cells done", n, done=done)
        return "; ".join(filter(None, (said, self.trouble)))


def plain_level(value: Any, family: str = "", name: str = "") -> str:
    """A level on its own: 64, Hinge; of a setting that is known, as that setting calls it."""
    if value == "none":
        return setting(None)
    if value == UNSTATED:
        return _("not stated")
    return level_label(family, name, value) if isinstance(value, str) else setting(value)


def read_view(
    store: Store, plan: Plan | None = None, options: Mapping[str, Any] | None = None
) -> View:
    """A store's newest plan or `plan`; `options` replace its ``report`` settings, one by one."""
    plan = plan or store.plan()
    options = {**plan.settings.get("report", {}), **(options or {})}
    return View(plan, cells_of(store, plan), store.newest_commit(plan.cells), options)
