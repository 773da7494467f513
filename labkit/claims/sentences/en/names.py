"""What metrics, settings, levels, cells and families are called in an English sentence."""

from collections.abc import Iterable, Sequence

from labkit.catalog import FAMILIES, METRICS, REGISTRIES
from labkit.claims.cell import NONE, Cell, Level
from labkit.claims.cells import Cells
from labkit.claims.finding import Finding
from labkit.claims.sentences.en.grammar import count, plural, uncapitalised
from labkit.claims.sentences.numbers import dataset_label, place

METRIC_NAMES = {
    "recon_loss": "training reconstruction loss",
    "test_recon_loss": "test reconstruction loss",
    "total_loss": "training loss",
    "test_total_loss": "total test loss",
    "kl_loss": "KL term",
    "test_kl_loss": "test KL term",
    "code_accuracy": "accuracy of the categories",
    "code_purity": "purity of the categories",
    "code_nmi": "information of the categories on the class",
    "enough_steps": "number of sampling steps that is enough",
    "flow_loss": "flow loss",
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
    "two_sample_accuracy": "share told from real images",
    "seconds": "training time",
    "flops_per_sample": "arithmetic of a sample",
    "flops_per_image": "arithmetic of training on an image",
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
    "info_weight": ("weight of information", "weights of information"),
    "growth": ("growth", "ways to grow"),
    "mixing": ("share of mixed styles", "shares of mixed styles"),
}

LEVEL_TEMPLATES = {
    "z_dim": "z {level}",
    "latent_dim": "latent {level}",
    "beta": "β {level}",
    "n_critic": "n_critic {level}",
    "info_weight": "weight {level}",
    "mixing": "mixing {level}",
    "epochs": "{level} epochs",
}

NORMS: dict[Level, str] = {"none": "no norm", "batch": "batch norm", "layer": "layer norm"}
#: Setting to its levels that are not called by their labels.
LEVELS: dict[str, dict[Level, str]] = {
    "loss": {"hinge": "hinge"},
    "constraint": {
        "none": "no constraint",
        "clip": "weight clipping",
        "gradient_penalty": "gradient penalty",
        "spectral_norm": "spectral norm",
    },
    "norm": NORMS,
    "d_norm": NORMS | {"own": "the network's own norm"},
    "epochs": {1: "one epoch"},
    "ema": {0: "no generator average"},
    "growth": {"progressive": "growing", "at_once": "full size at once"},
    "mixing": {0: "no mixing"},
}

#: What the best level does, by measure; others have the lowest or the highest of it.
BEST = {
    "proxy_fid": "gave the best samples",
    "fid_drawdown": "was steadiest",
    "code_accuracy": "made categories most like classes",
    "mixed_fid": "gave the best mixed samples",
    "coverage": "covered the largest share of real images",
    "recall": "covered the largest share of real images",
    "test_recon_loss": "rebuilt images best",
    "recon_loss": "rebuilt images best",
}
#: Metrics under a shorter name, where the full one has been said or is plain.
SHORT = {
    "proxy_fid": "FID",
    "mixed_fid": "mixed FID",
    "recon_proxy_fid": "FID",
    "code_accuracy": "accuracy",
    "test_recon_loss": "reconstruction loss",
    "sharpness": "sharpness",
    "recon_sharpness": "sharpness",
    "fid_drawdown": "drawdown",
}


def counted(n: int, one: str) -> str:
    """ "one training", "six trainings"."""
    return f"{count(n)} {one if n == 1 else plural(one)}"


def part(some: int, n: int, one: str) -> str:
    """ "two of six pairs", "none of two pairs"; "all six pairs", "both pairs", "the one pair"."""
    if some < n:
        return f"{count(some) if some else 'none'} of {counted(n, one)}"
    if n < 3:
        return f"the one {one}" if n == 1 else f"both {plural(one)}"
    return f"all {counted(n, one)}"


def everywhere(n: int) -> str:
    """So many data sets, all there are: "both data sets"."""
    return "both data sets" if n == 2 else "all data sets"


def listing(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *front, last = list(items) or [""]
    return f"{', '.join(front)} and {last}" if front else last


def metric(name: str) -> str:
    """A metric in the middle of a sentence: "proxy FID"."""
    label = uncapitalised(METRICS[name].label) if name in METRICS else name.replace("_", " ")
    return METRIC_NAMES.get(name, label)


def short(name: str) -> str:
    """A metric in front of its number: "FID"."""
    return SHORT.get(name) or metric(name)


def measured(found: Finding) -> str:
    """A finding's metric in front of its number; a distance is said to be one."""
    return short(found.metric) + (" off by" if found.target is not None else "")


def factor(name: str, several: bool = False) -> str:
    """A setting in the middle of a sentence: "z dimension", "z dimensions"."""
    if name in FACTOR_NAMES:
        return FACTOR_NAMES[name][several]
    label = next((f.params[name].label for f in FAMILIES.values() if name in f.params), None)
    text = name.replace("_", " ") if label is None else uncapitalised(label)
    return plural(text) if several else text


def level(name: str, value: Level) -> str:
    """A level in the middle of a sentence: "hinge", "z 64"."""
    if isinstance(value, bool):
        return factor(name) if value else f"no {factor(name)}"
    if known := LEVELS.get(name, {}).get(value):
        return known
    text = _plain(name, value)
    if name in LEVEL_TEMPLATES:
        return LEVEL_TEMPLATES[name].format(level=text)
    return f"{factor(name)} {text}" if isinstance(value, (int, float, tuple)) else text


def levels(name: str, values: Iterable[Level]) -> list[str]:
    """Several levels; numbers share their noun: "z 32", "64", "128"."""
    first, *rest = values
    return [level(name, first), *(bare(name, v) for v in rest)]


def bare(name: str, value: Level) -> str:
    """A level where its noun is clear: "64", "hinge"."""
    return level(name, value) if isinstance(value, (bool, str)) else _plain(name, value)


def family(name: str, several: bool = False) -> str:
    """ "GAN", "GANs"."""
    entry = FAMILIES.get(name)
    text = entry.label if entry else name.replace("_", "-") or "model"
    return plural(text) if several else text


def cell(found: Cell, among: Cells, seeds: bool = True) -> str:
    """A cell by what tells it from others, `seeds` or not: "hinge, z 64 (seed 43) on MNIST"."""
    named = (level(n, found.settings[n]) for n in among.telling(found))
    text = ", ".join(named) or f"{'the ' if seeds else ''}{family(found.family)}"
    if seeds and len(among.seeds) > 1:
        text += f" (seed {found.seed})"
    return text + place(found.dataset) if len(among.datasets) > 1 else text


def scope(cells: Sequence[Cell]) -> str:
    """Some cells in words: "GAN on MNIST and Fashion-MNIST"."""
    found = Cells(tuple(cells))
    families = listing(family(f) for f in found.families if f) or "all models"
    datasets = listing(dataset_label(d) for d in found.datasets if d)
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
