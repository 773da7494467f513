"""Statements that something did not happen: no failed training, no mode collapse.

Such a statement is universal: one cell refutes it. Nothing short of many trainings
supports it, since what did not happen in twelve may happen in the thirteenth; the
exact interval of the rate says how often it still could.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.collapse import State
from labkit.claims.judge import Context
from labkit.claims.predicates import common
from labkit.claims.statistics import proportion_interval

#: An absence is supported if the rate is shown to lie below one in ten.
RATE_MARGIN = 0.10


def finish_state(cell: Cell) -> State:
    """Whether a planned training ended in an error; *unknown* if it was never run."""
    if cell.status == "failed":
        return "present"
    return "absent" if cell.status in ("done", "trained") else "unknown"


def no_collapse(cells: Cells, context: Context) -> Draft:
    """The statement that no generator of these cells collapsed.

    Cells whose collapse was not measured are counted apart, never as clean.
    """
    return _absence("collapse", cells, [c.collapsed for c in cells], context)


def all_finished(cells: Cells, context: Context) -> Draft:
    """The statement that every planned training came to its end without an error."""
    return _absence("finished", cells, [finish_state(c) for c in cells], context)


def _absence(kind: str, cells: Cells, states: Sequence[State], context: Context) -> Draft:
    words = context.words
    dataset = common.single_dataset(cells)
    family = cells.families[0] if len(cells.families) == 1 else ""
    draft = Draft(
        id=".".join(("absence", kind, *([family] if family else []), dataset or "all")),
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={"kind": "absence", "what": kind, "dataset": dataset, "family": family},
        writer=context.writer(),
        topic=words.say(f"topic.{kind}"),
        quantity="rate",
        decimals=2,
        rule=words.say("rule.absence"),
    )
    known = [(c, s) for c, s in zip(cells, states, strict=True) if s != "unknown"]
    if not known:
        return replace(draft, missing=(words.say(f"missing.{kind}"),))
    present = [c for c, s in known if s == "present"]
    n, hits = len(known), len(present)
    shown: InTheseRuns = "no" if present else "yes"
    interval = proportion_interval(hits, n)
    writer = draft.writer
    if family:
        models = words.family(family, several=n > 1)
    else:
        models = words.say("models" if n > 1 else "model")
    if present:
        named = [common.describe(c, cells, words) for c in present[:4]]
        commas = any("," in name for name in named)
        listed = words.say("clause.semicolon").join(named) if commas else words.listing(named)
        if hits > 4:
            listed = words.say("and_more", listed=listed, n=writer.digits("more", hits - 4))
        detail = words.say(
            f"absence.{kind}.found.one" if hits == 1 else f"absence.{kind}.found",
            listed=listed,
            hits=writer.digits("cells with it", hits),
            n=writer.digits("cells", n),
        )
        _note_levels(present[:4], cells, draft)
    else:
        listed = detail = ""
    said = {c.collapse for c, _ in known} if kind == "collapse" and not present else set()
    verdict = said.pop() if len(said) == 1 else None
    quote = verdict.text if verdict else ""
    if verdict:
        detail = words.say("absence.quote", quote=quote)
        writer.keep({f"in the verdict ({i})": v for i, v in enumerate(verdict.numbers, 1)})
    unknown = ""
    if n < len(cells):
        writer.digits("cells planned", len(cells))
        unknown = words.say("absence.unknown", n=writer.digits("cells unknown", len(cells) - n))
    rest = {c.where[:-1] for c, _ in known}
    return replace(
        draft,
        statement=words.say(
            words.of(f"absence.{kind}.statement", n), models=models, n=writer.digits("cells", n)
        ),
        detail=detail + unknown,
        in_these_runs=shown,
        estimate=hits / n,
        interval=interval,
        margin=RATE_MARGIN,
        # The tests behind an exact upper bound: P(no hit | rate = margin), doubled.
        p=min(1.0, 2 * (1 - RATE_MARGIN) ** n) if not hits else 1.0,
        n_seeds=len({c.seed for c, _ in known}),
        n_blocks=len(rest),
        cells=tuple(c for c, _ in known),
        counterexamples=tuple(
            f"{c.run}: {c.collapse.text}" if kind == "collapse" and c.collapse else c.run
            for c in present
        ),
        predicate={
            **draft.predicate,
            "hits": hits,
            "n": n,
            "quote": quote,
            "listed": listed,
            "unknown": unknown,
        },
        notes=(words.say("note.unknown_cells", n=len(cells) - n, planned=len(cells)),)
        if n < len(cells)
        else (),
    )


def _note_levels(found: Sequence[Cell], cells: Cells, draft: Draft) -> None:
    """Every level named in the text is a number of the claim."""
    varied = Cells(tuple(cells)).factors
    for cell in found:
        for name in varied:
            if name in cell.settings:
                draft.writer.level(name, cell.settings[name])
        if len(cells.seeds) > 1:
            draft.writer.digits(f"seed {cell.seed}", cell.seed)
