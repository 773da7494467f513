"""What metrics, settings, levels, cells and families are called in an English sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from labkit.catalog.building import DATASETS, REGISTRIES
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.claims.cell import NONE, Cell, Level
from labkit.claims.cells import CONDITIONS, Cells

if TYPE_CHECKING:
    from labkit.claims.finding import Finding

#: One to twelve in words.
COUNTS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip

METRIC_NAMES = {
    "recon_loss": "training reconstruction loss",
    "test_recon_loss": "test reconstruction loss",
    "total_loss": "training loss",
    "test_total_loss": "total test loss",
    "kl_loss": "KL term",
    "test_kl_loss": "test KL term",
    "d_loss": "discriminator loss",
    "g_loss": "generator loss",
    "d_accuracy": "discriminator accuracy",
    "d_dominance": "discriminator dominance",
    "d_grad_norm": "discriminator gradient norm",
    "g_grad_norm": "generator gradient norm",
    "fid_final_excess": "final excess of tracking FID",
    "fid_drawdown": "drawdown of tracking FID",
    "fid_tail_spread": "late wobble of tracking FID",
    "fid_oscillation": "oscillation of tracking FID",
    "active_units": "number of active units",
    "mmd_prior": "MMD to the prior",
    "sharpness": "sample sharpness",
    "vendi": "diversity within classes",
    "seconds": "training time",
}

#: One and several.
FACTOR_NAMES = {
    "betas": ("Adam betas", "Adam betas"),
    "n_critic": ("number of discriminator steps", "numbers of discriminator steps"),
    "epochs": ("number of epochs", "numbers of epochs"),
    "reconstruction": ("reconstruction loss kind", "reconstruction loss kinds"),
    "regularised": ("regularisation", "regularisations"),
    "beta": ("β", "values of β"),
    "dataset": ("data set", "data sets"),
    "family": ("model family", "model families"),
    "optimizer": ("optimiser", "optimisers"),
    "networks": ("network", "networks"),
    "d_norm": ("discriminator's norm", "discriminator's norms"),
    "free_bits": ("free nats", "free nats"),
    "gamma": ("γ", "values of γ"),
}

LEVEL_TEMPLATES = {
    "z_dim": "z {level}",
    "latent_dim": "latent {level}",
    "lr": "learning rate {level}",
    "beta": "β {level}",
    "n_critic": "n_critic {level}",
    "batch_size": "batch size {level}",
    "epochs": "{level} epochs",
}

LEVELS: dict[tuple[str, Level], str] = {
    ("loss", "hinge"): "hinge",
    ("loss", "wasserstein"): "Wasserstein",
    ("constraint", "none"): "no constraint",
    ("norm", "none"): "no norm",
    ("constraint", "clip"): "weight clipping",
    ("constraint", "gradient_penalty"): "gradient penalty",
    ("constraint", "spectral_norm"): "spectral norm",
    ("epochs", 1): "one epoch",
    ("norm", "batch"): "batch norm",
    ("norm", "layer"): "layer norm",
    ("d_norm", "none"): "no norm",
    ("d_norm", "batch"): "batch norm",
    ("d_norm", "layer"): "layer norm",
    ("d_norm", "own"): "the network's own norm",
    ("ema", 0): "no generator average",
}

#: What the best level does, by measure; others have the lowest or the highest of it.
BEST = {
    "proxy_fid": "gave the best samples",
    "fid_drawdown": "was steadiest",
    "coverage": "covered most of the real images",
    "recall": "covered most of the real images",
    "test_recon_loss": "rebuilt images best",
    "recon_loss": "rebuilt images best",
}
#: Metrics under a shorter name, where the full one has been said or is plain.
SHORT = {
    "proxy_fid": "FID",
    "recon_proxy_fid": "FID",
    "test_recon_loss": "reconstruction loss",
    "sharpness": "sharpness",
    "recon_sharpness": "sharpness",
    "fid_drawdown": "rise",
}


def count(n: int) -> str:
    """A whole number in words up to twelve."""
    return COUNTS[n - 1] if 0 < n <= len(COUNTS) else str(n)


def counted(n: int, one: str, several: str = "") -> str:
    """ "one training", "six trainings"."""
    return f"{count(n)} {one if n == 1 else several or plural(one)}"


def listing(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    found = list(items)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


def plural(word: str) -> str:
    """An English plural good enough for labels: GANs, losses, epochs."""
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def metric(name: str) -> str:
    """A metric in the middle of a sentence: "proxy FID"."""
    if name in METRIC_NAMES:
        return METRIC_NAMES[name]
    return _uncapitalised(METRICS[name].label) if name in METRICS else name.replace("_", " ")


def short(name: str) -> str:
    """A metric in front of its number: "FID"."""
    return SHORT.get(name) or metric(name)


def measured(found: Finding) -> str:
    """A finding's metric in front of its number; a distance is said to be one."""
    return short(found.metric) + (" off by" if found.target is not None else "")


def factor(name: str, several: bool = False) -> str:
    """A setting in the middle of a sentence: "z dimension", "z dimensions"."""
    known = FACTOR_NAMES.get(name)
    if known:
        return known[several]
    label = next((f.params[name].label for f in FAMILIES.values() if name in f.params), None)
    text = name.replace("_", " ") if label is None else _uncapitalised(label)
    return plural(text) if several else text


def level(name: str, value: Level) -> str:
    """A level in the middle of a sentence: "hinge", "z 64"."""
    if isinstance(value, bool):
        return factor(name) if value else f"no {factor(name)}"
    known = LEVELS.get((name, value))
    if known:
        return known
    text = _plain(name, value)
    if name in LEVEL_TEMPLATES:
        return LEVEL_TEMPLATES[name].format(level=text)
    return f"{factor(name)} {text}" if isinstance(value, (int, float, tuple)) else text


def levels(name: str, values: Iterable[Level]) -> str:
    """Several levels; numbers share their noun: "z 32, 64 and 128"."""
    found = list(values)
    return listing([level(name, found[0]), *(bare(name, v) for v in found[1:])]) if found else ""


def bare(name: str, value: Level) -> str:
    """A level where its noun is clear: "64", "hinge"."""
    numeric = isinstance(value, (int, float, tuple)) and not isinstance(value, bool)
    return _plain(name, value) if numeric else level(name, value)


def dataset(name: str) -> str:
    """A data set as a reader knows it: "Fashion-MNIST"."""
    return DATASETS[name].label if name in DATASETS else name


def on(name: str) -> str:
    """ " on MNIST"; empty if the table names no data set."""
    return f" on {dataset(name)}" if name else ""


def family(name: str, several: bool = False) -> str:
    """ "GAN", "GANs"."""
    entry = FAMILIES.get(name)
    text = entry.label if entry else name.replace("_", "-") or "model"
    return plural(text) if several else text


def cell(found: Cell, among: Cells, seeds: bool = True) -> str:
    """A cell by what tells it from the others, not by its name: "hinge, z 64 on MNIST".

    Args:
        found: the cell.
        among: the cells it is one of.
        seeds: whether its seed tells it from others too.
    """
    named = telling(among, found)
    text = ", ".join(level(n, found.settings[n]) for n in named) or family(found.family)
    if seeds and len(among.seeds) > 1:
        text += f" (seed {found.seed})"
    return text + on(found.dataset) if len(among.datasets) > 1 else text


def telling(among: Cells, found: Cell) -> list[str]:
    """The fewest settings, in their usual order, that tell a cell's setting from all others."""
    rows = [c for c in among if c.family == found.family]
    varied = [n for n in among.factors if n in found.settings and n not in CONDITIONS]
    # "none" may be a choice, which has a name, or the lack of a setting, which has none.
    spoken = [n for n in varied if found.settings[n] != NONE or (n, NONE) in LEVELS] or varied
    kept: list[str] = []
    groups = 1
    for name in spoken:
        split = len({tuple(str(c.settings.get(n)) for n in (*kept, name)) for c in rows})
        if split > groups:
            kept.append(name)
            groups = split
    return kept


def scope(cells: Sequence[Cell]) -> str:
    """Some cells in words: "GAN on MNIST and Fashion-MNIST"."""
    found = Cells(tuple(cells))
    families = listing(family(f) for f in found.families if f) or "all models"
    datasets = listing(dataset(d) for d in found.datasets if d)
    return f"{families} on {datasets}" if datasets else families


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _plain(name: str, value: Level) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_plain(name, part) for part in value)})"
    if isinstance(value, str):
        for entry in FAMILIES.values():
            param = entry.params.get(name)
            found = REGISTRIES.get(param.choices, {}).get(value) if param else None
            if found is not None:
                return str(found.label)
    return "none" if value == NONE else str(value).replace("_", " ")


def _uncapitalised(label: str) -> str:
    """ "Proxy FID" becomes "proxy FID"; "KL loss" and "D accuracy" stay."""
    first = label.split(" ", 1)[0]
    return label[0].lower() + label[1:] if len(first) > 1 and first[1:].islower() else label
