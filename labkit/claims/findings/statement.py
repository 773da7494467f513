"""Somebody's statement, held against what the table shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from labkit.claims.finding import Finding, Here
from labkit.claims.findings.course import course

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.findings.change import Change
    from labkit.claims.findings.families import Families
    from labkit.claims.findings.levels import Contrast, Levels
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
    form: str, here: Here | None, shows: Sequence[Finding], decides: Sequence[Finding]
) -> Statement:
    """A statement that is as sure as the least sure of the findings that decide it."""
    first = shows[0]
    if first.missing is not None:
        return Statement(form=form, shows=tuple(shows), missing=first.missing, cells=first.cells,
                         dataset=first.dataset, metric=first.metric)  # fmt: skip
    least = max(decides, key=lambda f: 1.0 if f.p is None else f.p) if decides else None
    return Statement(
        form=form, here=here, shows=tuple(shows), decides=tuple(decides),
        metric=first.metric, dataset=first.dataset, family=first.family, factor=first.factor,
        cells=first.cells, n_seeds=first.n_seeds, n_blocks=first.n_blocks,
        log=least.log if least else False, estimate=least.estimate if least else None,
        slack=least.slack if least else 0.0, noise=least.noise if least else None,
        margin=least.margin if least else 0.0, resolution=least.resolution if least else 0.0,
        counterexamples=first.counterexamples,
    )  # fmt: skip


def best(found: Levels, level: Level) -> Statement:
    """ "The best loss by proxy FID is hinge": it must be ahead of every other level."""
    if found.missing is not None or level not in found.means:
        return _stated("best", None, [found], [])
    if level in found.best:
        here: Here = "yes" if len(found.best) == 1 else "tie"
        return _stated("best", here, [found], found.rivals)
    return _stated("best", "no", [found], [found.between(level, found.order[0])])


def beats(found: Levels, a: Level, b: Level, everywhere: bool = False) -> Statement:
    """ "hinge beats bce": on average, or everywhere: in every pair of cells."""
    if found.missing is not None or a not in found.means or b not in found.means:
        return _stated("beats", None, [found], [])
    contrast = found.between(a, b)
    here: Here = "tie" if contrast.ahead is None else "yes" if contrast.ahead == a else "no"
    if everywhere and here == "yes" and contrast.wins < contrast.pairs:
        return _stated("everywhere", "no", [contrast], [])
    return _stated("everywhere" if everywhere else "beats", here, [contrast], [contrast])


def family_beats(found: Families, a: str) -> Statement:
    """ "GAN beats VAE by proxy FID"."""
    if found.missing is not None:
        return _stated("beats", None, [found], [])
    here: Here = "tie" if found.ahead is None else "yes" if found.ahead == a else "no"
    return _stated("beats", here, [found], [found])


def goes(found: Levels, direction: Direction) -> Statement:
    """ "proxy_fid falls with latent_dim": no step may go the other way."""
    if found.missing is not None:
        return _stated("course", None, [found], [])
    shape = course(found, {}).shape
    levels = list(found.means)
    ends = found.between(levels[0], levels[-1])
    if shape == direction:
        return _stated("course", "yes", [found], [ends])
    if shape == "flat":
        return _stated("course", "tie", [found], [ends])
    opposite = {"rises", "falls"} - {direction}
    return _stated("course", "no", [found], [ends] if shape in opposite else [])


def changes(found: Change, direction: Direction, percent: float | None, half: float) -> Statement:
    """ "d_loss falls over training by 98.7 %": signed percent, with its rounding's half-width."""
    if found.missing is not None:
        return _stated("change", None, [found], [])
    went = "rises" if found.last > found.first else "falls"
    here: Here = "tie" if found.here == "tie" else "yes" if went == direction else "no"
    if percent is not None and here == "yes":
        slack = 100 * found.slack / abs(found.first) if found.first else 0.0
        ours = found.percent
        if ours is None or abs(ours - percent) > half + slack + 1e-9:
            return _stated("change", "no", [found], [])
    return _stated("change", here, [found], [found])


def alike(found: Sequence[Levels]) -> Statement:
    """ "loss acts alike on proxy_fid": no two levels in opposite orders on two data sets."""
    known = [f for f in found if f.missing is None]
    if len(known) < 2:
        return _stated("alike", None, found[:1], [])
    first, *rest = known
    for contrast in first.contrasts:
        for other in rest:
            if contrast.a in other.means and contrast.b in other.means:
                there = other.between(contrast.a, contrast.b)
                if contrast.ahead is not None and there.ahead not in (None, contrast.ahead):
                    return _stated("alike", "no", [contrast, there], [contrast, there])
    return _stated("alike", "yes", known, [])


def matters(found: Spread, factor: str) -> Statement:
    """ "loss matters most for proxy_fid": it has the largest share of the spread."""
    if found.missing is not None or factor not in found.shares:
        return _stated("matters", None, [found], [])
    here: Here = "tie" if found.here == "tie" else "yes" if found.factor == factor else "no"
    return _stated("matters", here, [found], [])


def trades(a: Levels, b: Levels) -> Statement:
    """ "latent_dim trades recon_loss against proxy_fid": each measure has another best level."""
    for each in (a, b):
        if each.missing is not None:
            return _stated("trades", None, [each], [])
    first, second = a.order[0], b.order[0]
    if set(a.best) & set(b.best) or second not in a.means or first not in b.means:
        return _stated("trades", "no", [a, b], [])
    pair: list[Contrast] = [a.between(first, second), b.between(first, second)]
    return _stated("trades", "yes", [a, b], pair)
