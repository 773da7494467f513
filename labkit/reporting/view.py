"""What every section looks at: the plan, how its cells ended, and the two tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.catalog.metrics import SHARES
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellSpec, canonical_json
from labkit.reporting.calibrated import FidScale, fid_scale, real_value
from labkit.reporting.cell import Cell, cells_of, trouble
from labkit.reporting.plots.style import Style, level_label, level_of
from labkit.reporting.table import Tables, tables
from labkit.text.language import _, many
from labkit.text.numbers import levels, listing, setting, show

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan
    from labkit.store.store import Store


#: Most cells of one seed whose grids share a page; of more, the best of each model and data set.
MANY, MOST = 60, 12


@dataclass(frozen=True)
class View:
    """Everything a section may read. Nothing here touches a file but the cells' paths."""

    plan: Plan
    in_order: tuple[Cell, ...]
    """The plan's cells, in its order."""
    committed: str = ""
    """Time of the newest commit."""
    options: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def tables(self) -> Tables:
        """The two tables, a row a cell and a row a cell and epoch."""
        return tables(self.plan, [cell.outcome for cell in self.in_order])

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, sorted by family, data set and settings."""
        return tuple(sorted(self.in_order, key=lambda cell: self._place(cell.spec)))

    @cached_property
    def _orders(self) -> dict[tuple[str, str], list[Any]]:
        orders = {}
        for family in self.families:
            mine = [spec for spec in self.plan.cells if spec.family == family]
            for name in (*FAMILIES[family].named_by, *self.style.factors(family)):
                orders[family, name] = levels(level_of(spec, name) for spec in mine)
        return orders

    def _place(self, spec: CellSpec) -> tuple[Any, ...]:
        places = [
            order.index(level_of(spec, name))
            for (family, name), order in self._orders.items()
            if family == spec.family
        ]
        family = self.families.index(spec.family)
        return (family, self.datasets.index(spec.dataset), *places, spec.seed)

    @cached_property
    def style(self) -> Style:
        return Style(self.plan.cells)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The families present, in catalog order."""
        return tuple(f for f in FAMILIES if any(s.family == f for s in self.plan.cells))

    @cached_property
    def own_loops(self) -> bool:
        """Whether some cells come from a training loop outside of labkit."""
        return any(spec.code == OWN_CODE for spec in self.plan.cells)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The data sets present, in catalog order."""
        return tuple(d for d in DATASETS if any(s.dataset == d for s in self.plan.cells))

    @cached_property
    def _counts(self) -> set[str]:
        """The metrics whose values are all whole numbers, that is, counts."""
        found = set()
        for name in METRICS:
            values = [v for cell in self.cells if (v := cell.metric(name)) is not None]
            if values and all(float(v).is_integer() for v in values):
                found.add(name)
        return found

    def shown(self, cell: Cell, name: str) -> str:
        """A metric with the catalog's digits; a count without a point, a share in percent."""
        value = cell.metric(name)
        if value is not None and name in self._counts:
            value = int(value)
        if value is not None and name in SHARES:
            return f"{100 * value:.1f} %"
        return show(value, METRICS[name].digits)

    @cached_property
    def pictured(self) -> frozenset[str]:
        """The names of the cells whose grids the report shows.

        All of one seed, if they are not too many. Else those of the first seed, and of each model
        and data set what stands out: the best (several, where the first seed's are too many as
        well), the worst and what collapsed.
        """
        first = [cell.name for cell in self.cells if cell.spec.seed == self.plan.seeds[0]]
        if len(first) == len(self.cells) <= MANY:
            return frozenset(first)
        found = {cell.name for cell in self.cells if cell.metric("mode_collapse")}
        found |= set(first) if len(first) <= MANY else set()
        for family, dataset in product(self.families, self.datasets):
            cells = [c for c in self.of(family, dataset) if c.metric("proxy_fid") is not None]
            cells.sort(key=lambda cell: cell.metric("proxy_fid") or 0.0)
            best = cells[: 1 if len(first) <= MANY else MOST]
            found |= {cell.name for cell in (*best, *cells[-1:])}
        return frozenset(found)

    @property
    def several_seeds(self) -> bool:
        return len(self.plan.seeds) > 1

    def of(self, family: str | None = None, dataset: str | None = None) -> tuple[Cell, ...]:
        """The cells of a family and a data set."""
        return tuple(
            cell
            for cell in self.cells
            if family in (None, cell.spec.family) and dataset in (None, cell.spec.dataset)
        )

    def best(self, family: str, dataset: str) -> Cell | None:
        """The cell of the lowest proxy FID (the first of equals), or None if none was measured."""
        known = [c for c in self.of(family, dataset) if c.metric("proxy_fid") is not None]
        return min(known, key=lambda cell: cell.metric("proxy_fid") or 0.0) if known else None

    def groups(self, family: str, dataset: str) -> list[tuple[str, tuple[Cell, ...]]]:
        """Label and cells of each setting: the cells differ only in their seed."""
        found: dict[str, list[Cell]] = {}
        for cell in self.of(family, dataset):
            found.setdefault(self.style.label(cell.spec), []).append(cell)
        return [(label, tuple(cells)) for label, cells in found.items()]

    def title(self, cell: Cell) -> str:
        """A cell as captions call it: "Hinge z 64", with its seed where there are several."""
        label = self.style.label(cell.spec)
        if self.several_seeds:
            return _("{cell} seed {seed}", cell=label, seed=cell.spec.seed)
        return label

    def levels(self, family: str, name: str, dataset: str | None = None) -> list[str]:
        """The levels of a setting, as labels, in order."""
        found = levels(level_of(cell.spec, name) for cell in self.of(family, dataset))
        return [plain_level(value) for value in found]

    def fid_scale(self, dataset: str) -> FidScale:
        """The scale of a data set's proxy FID; empty if its cells were measured in several ways."""
        ways = self._measured(dataset)
        return fid_scale(dataset, *ways.pop()) if len(ways) == 1 else FidScale()

    def real(self, dataset: str, metric: str) -> float | None:
        """What a measure reads on as many real images of a data set, or None."""
        if metric == "proxy_fid":
            return self.fid_scale(dataset).floor
        ways = {(features, samples) for features, samples, _t in self._measured(dataset)}
        return real_value(dataset, *ways.pop(), metric) if len(ways) == 1 else None

    def _measured(self, dataset: str) -> set[tuple[str, int, int]]:
        """Feature network, samples and tracking samples that the cells were measured with."""
        return {
            (s.evaluation["features"], s.evaluation["samples"], s.selection["samples"])
            for s in self.plan.cells
            if s.dataset == dataset and s.evaluation
        }

    @cached_property
    def environments(self) -> dict[str, list[Cell]]:
        """Numeric environments (as canonical JSON) and the cells trained in each."""
        found: dict[str, list[Cell]] = {}
        for cell in self.cells:
            if cell.result:
                numeric = cell.result.environment.get("numeric", {})
                found.setdefault(canonical_json(numeric), []).append(cell)
        return found

    @property
    def seeds_said(self) -> str:
        """The number of seeds in words: "3 seeds (42, 43 and 44)"."""
        seeds = self.plan.seeds
        named = listing(map(str, seeds))
        return many("one seed ({seeds})", "{n} seeds ({seeds})", len(seeds), seeds=named)

    @property
    def trouble(self) -> str:
        """Failed, missing and unmeasured cells in one clause, or empty."""
        return trouble(self.cells)


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
    """All that sections look at, of a store's newest plan or of `plan`.

    Args:
        store: the results.
        plan: another plan than the newest.
        options: what to take for the plan's own ``report`` settings.
    """
    plan = plan or store.plan()
    options = {**plan.settings.get("report", {}), **(options or {})}
    return View(plan, cells_of(store, plan), store.newest_commit(plan.cells), options)
