"""Somebody's statement, held against what the table shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from labkit.claims.cell import Level
from labkit.claims.finding import Comparison, Finding, Here, known
from labkit.claims.findings.change import Change
from labkit.claims.findings.levels import Levels, course
from labkit.claims.findings.spread import Spread

Direction = Literal["rises", "falls"]


@dataclass(frozen=True, kw_only=True)
class Statement(Finding):
    """A statement with the finding that decides it: its noise and estimate are that finding's."""

    kind: str = "statement"
    form: str = ""
    """best, beats, everywhere, course, change, alike, matters, trades."""
    shows: tuple[Finding, ...] = ()
    """What the table shows instead or as well: what a sentence tells."""
    decides: tuple[Finding, ...] = ()
    """The findings all of which must hold (or, if it does not hold, that contradict it)."""

    @property
    def id(self) -> str:
        return f"{self.form}.{self.shows[0].id}" if self.shows else super().id


def _stated(
    form: str, here: Here | None, shows: Sequence[Finding], decides: Sequence[Finding] = ()
) -> Statement:
    """A statement that is as sure as the least sure of the findings that decide it."""
    first, nothing = shows[0], Finding(kind="")
    least = max(decides, key=lambda f: 1.0 if f.p is None else f.p, default=nothing)
    return Statement(
        form=form, here=here, shows=tuple(shows), decides=tuple(decides), missing=first.missing,
        metric=first.metric, dataset=first.dataset, family=first.family,
        factor="" if first.missing else first.factor,
        cells=first.cells, n_seeds=first.n_seeds, n_blocks=first.n_blocks,
        log=least.log, estimate=least.estimate, slack=least.slack, noise=least.noise,
        margin=least.margin, resolution=least.resolution, counterexamples=first.counterexamples,
    )  # fmt: skip


def _named(ahead: object, stated: object) -> Here:
    """Whether what is ahead is what was said to be; None is ahead of nothing."""
    return "tie" if ahead is None else "yes" if ahead == stated else "no"


def best(found: Levels, level: Level) -> Statement:
    """ "The best loss by proxy FID is hinge": it must be ahead of every other level."""
    if level not in found.means:
        return _stated("best", None, [found])
    if level in found.best:
        return _stated("best", "yes" if len(found.best) == 1 else "tie", [found], found.rivals)
    return _stated("best", "no", [found], [found.between(level, found.order[0])])


def beats(found: Levels, a: Level, b: Level, everywhere: bool = False) -> Statement:
    """ "hinge beats bce": on average, or everywhere: in every pair of cells."""
    if not {a, b} <= found.means.keys():
        return _stated("beats", None, [found])
    contrast = found.between(a, b)
    here = _named(contrast.ahead, a)
    if everywhere and here == "yes" and contrast.wins < contrast.pairs:
        return _stated("everywhere", "no", [contrast])
    return _stated("everywhere" if everywhere else "beats", here, [contrast], [contrast])


def family_beats(found: Comparison[str], a: str) -> Statement:
    """ "GAN beats VAE by proxy FID"."""
    if found.missing is not None:
        return _stated("beats", None, [found])
    return _stated("beats", _named(found.ahead, a), [found], [found])


def goes(found: Levels, direction: Direction) -> Statement:
    """ "proxy_fid falls with latent_dim": no step may go the other way."""
    if found.missing is not None:
        return _stated("course", None, [found])
    shape = course(found, {}).shape
    levels = list(found.means)
    here = _named(None if shape == "flat" else shape, direction)
    # A course that turns is decided by its turn, not by its ends.
    turns = shape not in ("flat", "rises", "falls")
    return _stated("course", here, [found], [] if turns else [found.between(levels[0], levels[-1])])


def changes(found: Change, direction: Direction, percent: float | None, half: float) -> Statement:
    """ "d_loss falls over training by 98.7 %": signed percent, with its rounding's half-width."""
    if found.missing is not None:
        return _stated("change", None, [found])
    went = "rises" if found.last > found.first else "falls"
    here = _named(None if found.here == "tie" else went, direction)
    if percent is not None and here == "yes":
        slack = 100 * found.slack / abs(found.first) if found.first else 0.0
        if found.percent is None or abs(found.percent - percent) > half + slack + 1e-9:
            return _stated("change", "no", [found])
    return _stated("change", here, [found], [found])


def alike(found: Sequence[Levels]) -> Statement:
    """ "loss acts alike on proxy_fid": no two levels in opposite orders on two data sets."""
    if len(known(found)) < 2:
        return _stated("alike", None, found[:1])
    first, *rest = known(found)
    for here, other in product(first.contrasts, rest):
        if {here.a, here.b} <= other.means.keys():
            there = other.between(here.a, here.b)
            if here.ahead is not None and there.ahead not in (None, here.ahead):
                return _stated("alike", "no", [here, there], [here, there])
    return _stated("alike", "yes", [first, *rest])


def matters(found: Spread, factor: str) -> Statement:
    """ "loss matters most for proxy_fid": it has the largest share of the spread."""
    if factor not in found.shares:
        return _stated("matters", None, [found])
    largest = None if found.here == "tie" else found.factor
    return _stated("matters", _named(largest, factor), [found])


def trades(a: Levels, b: Levels) -> Statement:
    """ "latent_dim trades recon_loss against proxy_fid": each measure has another best level."""
    if missing := [each for each in (a, b) if each.missing]:
        return _stated("trades", None, missing)
    first, second = a.order[0], b.order[0]
    if set(a.best) & set(b.best) or second not in a.means or first not in b.means:
        return _stated("trades", "no", [a, b])
    pair = [each.between(first, second) for each in (a, b)]
    return _stated("trades", "yes", [a, b], pair)
