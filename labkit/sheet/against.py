"""A hand-in's plan held against the lab sheet: ``lr 0.002 instead of 0.0002``.

Cells are told apart by their settings, not by their names: one with a setting changed is that
cell with another setting, not one missing and one too many.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.catalog import FAMILIES
from labkit.experiment.grid import own_sources
from labkit.experiment.plan import Plan
from labkit.experiment.spec import OWN_CODE, CellSpec
from labkit.sheet.reading import Sheet
from labkit.sheet.schema import Between
from labkit.text.numbers import setting

#: Cells to compare each with each; beyond that only exact matches are found.
_MOST = 250_000


@dataclass(frozen=True)
class Match:
    """A cell of the sheet and the author's that comes nearest to it."""

    asked: CellSpec
    made: CellSpec
    changed: tuple[str, ...]  # settings that differ and may not


def against(sheet: Sheet, plan: Plan, questions: Sequence[str] | None = None) -> list[str]:
    """Where a plan is not what the sheet asks for and leaves free, a line each.

    `questions` are those the author's report is to answer, if they are known.
    """
    matches, missing, more = matched(sheet, plan)
    return [
        *_changed(matches),
        *_counted("of the sheet and not in the plan", missing),
        *([] if "cells" in sheet.content.vary else _counted("in the plan, not in the sheet", more)),
        *_whole(sheet, plan),
        *(
            f"report.questions: without “{sheet.questions[key]}”"
            for key in sheet.questions
            if questions is not None and key not in questions
        ),
    ]


def matched(sheet: Sheet, plan: Plan) -> tuple[list[Match], list[CellSpec], list[CellSpec]]:
    """The cells of a plan by those of the sheet, one seed each; those missing, and those beyond."""
    asked, made = _points(sheet.plan.cells), _points(plan.cells)
    left = {key: made.pop(key) for key in list(made) if key not in asked}
    lacking = {key: cell for key, cell in asked.items() if key not in _points(plan.cells)}
    matches = [Match(asked[key], cell, ()) for key, cell in made.items()]
    ranked = []
    if len(left) * len(lacking) <= _MOST:
        for a, cell in lacking.items():
            for b, other in left.items():
                if (cell.family, cell.dataset) == (other.family, other.dataset):
                    ranked.append((len(_differ(cell, other)), a, b))
    for _count, a, b in sorted(ranked):
        if a in lacking and b in left:
            cell, other = lacking.pop(a), left.pop(b)
            changed = tuple(
                name
                for name in _differ(cell, other)
                if not _free(sheet.content.vary.get(name), _settings(other)[name])
            )
            matches.append(Match(cell, other, changed))
    place = {cell.name: i for i, cell in enumerate(sheet.plan.cells)}
    matches.sort(key=lambda match: place[match.asked.name])
    return matches, list(lacking.values()), list(left.values())


def _points(cells: Iterable[CellSpec]) -> dict[str, CellSpec]:
    """Cells by their settings without the seed, the first of each; none of the author's loops."""
    found: dict[str, CellSpec] = {}
    for cell in cells:
        if cell.code != OWN_CODE:
            found.setdefault(repr(sorted(_settings(cell).items())), cell)
    return found


def _settings(cell: CellSpec) -> dict[str, Any]:
    """Everything of a cell that the sheet decides, flat; what it does not state has its default."""
    family = FAMILIES[cell.family]
    params = {name: param.default for name, param in family.params.items()} | dict(cell.params)
    return {
        "family": cell.family,
        "dataset": cell.dataset,
        **{name: tuple(v) if isinstance(v, list) else v for name, v in params.items()},
        **{name: cell.training.get(name) for name in ("epochs", "batch_size")},
        "limit": cell.data.get("limit"),
        "samples": cell.evaluation.get("samples"),
        "selection_samples": cell.selection.get("samples"),
    }


def _differ(asked: CellSpec, made: CellSpec) -> list[str]:
    theirs = _settings(made)
    return [name for name, value in _settings(asked).items() if theirs.get(name) != value]


def _free(rule: str | list[Any] | Between | None, value: Any) -> bool:
    """Whether the sheet leaves a setting to the students, and this value among what it allows."""
    if isinstance(rule, Between):
        return rule.allows(value)
    if isinstance(rule, list):
        return (list(value) if isinstance(value, tuple) else value) in rule
    return rule == "any"


def _changed(matches: Iterable[Match]) -> Iterator[str]:
    """A line for each change, with the cells it is in."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for match in matches:
        asked, made = _settings(match.asked), _settings(match.made)
        for name in match.changed:
            both = f"{setting(made[name])} instead of {setting(asked[name])}"
            found[match.asked.family, name, both].append(match.made.name)
    for (family, name, both), cells in found.items():
        yield f"{FAMILIES[family].label}: {name} {both} ({_some(cells)})"


def _counted(what: str, cells: Sequence[CellSpec]) -> list[str]:
    return [f"{what}: {_some([cell.name for cell in cells])}"] if cells else []


def _some(names: Sequence[str]) -> str:
    """``a``, or ``12 cells: a, b, ...``."""
    if len(names) == 1:
        return names[0]
    return f"{len(names)} cells: {', '.join(names[:2])}{', ...' if len(names) > 2 else ''}"


def _whole(sheet: Sheet, plan: Plan) -> Iterator[str]:
    """What differs in the plan as a whole: name, data, seeds, Python files."""
    vary, wanted = sheet.content.vary, sheet.experiment
    if plan.name != wanted.name:
        yield f"name: {plan.name} instead of {wanted.name}"
    source = wanted.content.data.source
    if source not in ("auto", plan.data_source):
        yield f"data.source: {plan.data_source} instead of {source}"
    if "seeds" not in vary:
        seeds, student = sheet.seeds(plan.author), wanted.content.seeds == "student"
        made = ", ".join(map(str, plan.seeds))
        if not seeds:
            yield "seeds: neither author.id nor author.group is given, from which the seed follows"
        elif lacking := [str(seed) for seed in seeds if seed not in plan.seeds]:
            whose = " (seeds: student)" if student else ""
            yield f"seeds: {made} instead of {', '.join(lacking)}{whose}"
    if "code" not in vary and own_sources(plan) != own_sources(sheet.plan):
        yield "code: other Python files than the sheet's"
    loops = [cell.name for cell in plan.cells if cell.code == OWN_CODE]
    if loops and not {"code", "cells"} & vary.keys():
        yield f"trained by a loop of the author's own: {_some(loops)}"
