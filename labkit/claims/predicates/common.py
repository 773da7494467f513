"""Phrases several predicates share, and the way from a comparison to a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labkit.claims.cell import NONE, Block, Cell, Level
from labkit.claims.cells import CONDITIONS, Cells
from labkit.claims.claim import Draft
from labkit.claims.measure import Measure, unfinished
from labkit.claims.texts import Words, Writer, decimals_for
from labkit.claims.texts.names import LEVELS

if TYPE_CHECKING:
    from labkit.claims.contrasts import Comparison, Contrast
    from labkit.claims.judge import Context


def scope_of(cells: Cells, words: Words) -> str:
    """The cells in words: "GAN on MNIST and Fashion-MNIST"."""
    families = words.listing(words.family(f) for f in cells.families if f)
    datasets = words.listing(words.dataset(d) for d in cells.datasets if d)
    return (
        words.say("scope", families=families or words.say("any_model"), datasets=datasets)
        if datasets
        else families
    )


def single_dataset(cells: Cells) -> str:
    """The one data set of the cells, or ""."""
    return cells.datasets[0] if len(cells.datasets) == 1 else ""


def begin(
    kind: str, cells: Cells, comparison: Comparison, context: Context, topic: str = "topic.effect"
) -> Draft:
    """A draft about one factor and one measure, with all that is known before any value is read.

    Args:
        kind: of statement; the first part of its id.
        topic: message key of what cannot be said if nothing was measured.
    """
    words = context.words
    measure, factor = comparison.measure, comparison.factor
    dataset = single_dataset(cells)
    writer = context.writer()
    return Draft(
        id=".".join(p for p in (kind, factor, name_of(measure), dataset or "all") if p),
        scope=scope_of(cells, words),
        dataset=dataset,
        predicate={
            "kind": kind,
            "factor": factor,
            "metric": measure.name,
            "dataset": dataset,
            "target": measure.target,
        },
        writer=writer,
        topic=words.say(topic, factor=words.factor(factor), metric=spoken(measure, words)),
        missing=reasons(comparison, writer),
        unit=measure.unit,
    )


def reasons(comparison: Comparison, writer: Writer) -> tuple[str, ...]:
    """Why a comparison is empty, as clauses."""
    return tuple(
        writer.words.say(f"missing.{key}", **_named(fields, writer))
        for key, fields in comparison.missing
    )


def nothing_of(family: str, measure: Measure, cells: Iterable[Cell], words: Words) -> str:
    """Why no cell of a family has a value, as a clause."""
    return words.say(
        f"missing.{unfinished(cells) or 'metric_absent'}_for",
        metric=spoken(measure, words),
        family=words.family(family),
        families=words.family(family, several=True),
    )


def _named(fields: Mapping[str, Any], writer: Writer) -> dict[str, str]:
    words = writer.words
    named = {}
    for key, value in fields.items():
        if key == "metric":
            named[key] = words.metric(value)
        elif key == "factor":
            named[key] = words.factor(value)
            named["factors"] = words.factor(value, several=True)
        elif key == "others":
            named[key] = words.listing(words.factor(v) for v in value)
        elif key == "level":
            named[key] = writer.level(fields["factor"], value)
    return named


def coverage(comparison: Comparison, writer: Writer) -> str:
    """ " (from 5 of 6 cells)" where some cells failed or lack the metric; else ""."""
    if comparison.used == comparison.planned:
        return ""
    return writer.words.say(
        "coverage",
        used=writer.digits("cells used", comparison.used),
        planned=writer.digits("cells planned", comparison.planned),
    )


def notes(comparison: Comparison, words: Words) -> tuple[str, ...]:
    """Caveats of a comparison, as clauses."""
    found = []
    if comparison.left_out:
        levels = words.levels(comparison.factor, comparison.left_out)
        found.append(words.say("note.left_out", levels=levels))
    if comparison.used < comparison.planned:
        found.append(words.say("note.coverage", used=comparison.used, planned=comparison.planned))
    if comparison.groups and not comparison.balanced:
        found.append(words.say("note.unbalanced"))
    return tuple(found)


def over_blocks(comparison: Comparison, writer: Writer) -> str:
    """ ", averaged over z 32, 64 and 128"; "" where there is one block."""
    n = len(comparison.blocks)
    if n < 2:
        return ""
    names = comparison.varied
    if len(names) == 1 and names[0] != "dataset":
        levels = list(dict.fromkeys(dict(b)[names[0]] for b in comparison.blocks))
        if len(levels) <= 4:
            ordered = [v for v in _ordered(comparison, names[0]) if v in levels]
            return writer.words.say("over.levels", levels=writer.levels(names[0], ordered))
    factors = writer.words.listing(writer.words.factor(f, several=True) for f in names)
    return writer.words.say("over.blocks", n=writer.count("blocks", n), factors=factors)


def _ordered(comparison: Comparison, name: str) -> tuple[Level, ...]:
    return Cells(comparison.cells).levels.get(name, ())


def block_words(block: Block, varied: Sequence[str], words: Words) -> str:
    """A block by the settings that tell it from the others: "z 64"."""
    found = dict(block)
    return words.listing(words.level(n, found[n]) for n in varied if n in found)


def sign_towards(measure: Measure) -> int:
    """−1 if lower is better, 1 if higher is."""
    return -1 if measure.better == "lower" else 1


def hardest_in_percent(contrasts: Iterable[tuple[Contrast, int, float]]) -> dict[str, Any]:
    """The contrast hardest to tell from nothing, as fields of a draft, in percent.

    Args:
        contrasts: each with the direction in which it counts (±1) and its margin. Values
            of different data sets or measures meet here, so each is divided by the mean
            size of what it compares.
    """
    found = []
    for contrast, sign, margin in contrasts:
        share = 100 * sign / contrast.size if contrast.size else 0.0
        ends = sorted(share * end for end in contrast.interval or ())
        p = contrast.p(sign, margin)
        deviation = contrast.deviation
        fields = {
            "estimate": share * contrast.mean,
            "interval": (ends[0], ends[1]) if ends else None,
            "margin": abs(share) * margin,
            "p": p,
            "identical": contrast.identical,
            "deviation": None if deviation is None else abs(share) * deviation,
        }
        found.append((-p if p is not None else 0.0, share * contrast.mean, fields))
    return min(found, key=lambda each: each[:2])[2]


def resolution(measure: Measure, dataset: str) -> float:
    """What can be told apart of values of any size; 0 where that is not known."""
    return measure.margin(0.0, dataset) if dataset and measure.target is None else 0.0


def is_unresolved(cells: Iterable[Cell], measure: Measure, dataset: str) -> bool:
    """Whether all values lie closer together than other samples of the same weights could."""
    values = [m.value for c in cells if (m := measure.of(c)) is not None]
    return max(values) - min(values) <= resolution(measure, dataset)


def is_blurred(cells: Iterable[Cell], measure: Measure, dataset: str) -> bool:
    """Whether it is the resolution of the measure that keeps all values from being told apart."""
    return resolution(measure, dataset) > 0 and is_unresolved(cells, measure, dataset)


def name_of(measure: Measure) -> str:
    """The measure as part of an id."""
    return measure.name if measure.target is None else f"{measure.name}-to-target"


def spoken(measure: Measure, words: Words) -> str:
    """The measure in a sentence."""
    return words.metric(measure.name)


def sense(measure: Measure, towards: int) -> str:
    """Suffix of the messages that name the good end: lowest, highest or closest."""
    if measure.target is not None:
        return "closest"
    return "lowest" if towards < 0 else "highest"


def text_decimals(values: Iterable[float], measure: Measure, typed: int | None = None) -> int:
    """Decimals of a measure's values in a sentence: four significant digits at most."""
    return decimals_for(values, min(measure.digits, 4), typed)


def describe(cell: Cell, among: Cells, words: Words, seeds: bool = True) -> str:
    """A cell by what tells it from the others, not by its name: "hinge, z 64 on MNIST".

    Args:
        seeds: whether its seed tells it from others too.
    """
    varied = [n for n in among.factors if n in cell.settings and n not in CONDITIONS]
    # "none" may be a choice, which has a name, or the lack of a setting, which has none.
    named = [n for n in varied if cell.settings[n] != NONE or (n, NONE) in LEVELS] or varied
    parts = [words.level(n, cell.settings[n]) for n in named] or [words.family(cell.family)]
    text = ", ".join(parts)
    if seeds and len(among.seeds) > 1:
        text = words.say("with_seed", cell=text, seed=cell.seed)
    if len(among.datasets) > 1:
        text += words.where(cell.dataset)
    return text
