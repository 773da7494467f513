"""Everything a lab can choose from, as plain literals: one line to add a thing.

An entry names the code that implements it as ``"module:function"``; nothing is
imported here, so the catalog costs nothing to read and never brings in torch.
From these dictionaries derive the YAML schema, the command line's choices, the
columns of the tables, the axis labels of the plots and the direction ("lower is
better") of every comparison.
"""

from __future__ import annotations

from dataclasses import replace

from labkit.catalog.building import (
    CONSTRAINTS,
    DATASETS,
    DISCRIMINATOR_NORMS,
    GAN_NETWORKS,
    HIDDEN_NORMS,
    INITIALISATIONS,
    LOSSES,
    OPTIMISERS,
    RECONSTRUCTIONS,
    REGISTRIES,
    VAE_NETWORKS,
)
from labkit.catalog.entries import (
    Choice,
    Constraint,
    Dataset,
    Direction,
    Family,
    Format,
    GanNetworks,
    Kind,
    Loss,
    Metric,
    Param,
    Plot,
    Question,
    Reconstruction,
    VaeNetworks,
    resolve,
)
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.catalog.report import FORMATS, PLOTS, QUESTIONS

__all__ = [
    "CONSTRAINTS",
    "DATASETS",
    "DISCRIMINATOR_NORMS",
    "FAMILIES",
    "FORMATS",
    "GAN_NETWORKS",
    "HIDDEN_NORMS",
    "INITIALISATIONS",
    "LOSSES",
    "METRICS",
    "OPTIMISERS",
    "PLOTS",
    "QUESTIONS",
    "RECONSTRUCTIONS",
    "REGISTRIES",
    "VAE_NETWORKS",
    "Choice",
    "Constraint",
    "Dataset",
    "Direction",
    "Family",
    "Format",
    "GanNetworks",
    "Kind",
    "Loss",
    "Metric",
    "Param",
    "Plot",
    "Question",
    "Reconstruction",
    "VaeNetworks",
    "resolve",
]

REGISTRIES["families"] = FAMILIES


def _having(kind: Kind | None, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The families of a kind, in the catalog's order."""
    return tuple(
        key
        for key, family in FAMILIES.items()
        if kind is not None and family.is_a(kind) and key not in without
    )


# What measures and figures say of kinds of families becomes their names.
_PHASED = tuple(key for key, family in FAMILIES.items() if family.phases > 1)
METRICS.update(
    {
        key: replace(metric, families=_having(metric.of), not_for=_PHASED if metric.whole else ())
        for key, metric in METRICS.items()
    }
)
PLOTS.update(
    {
        key: replace(plot, also=_having(plot.of, (*plot.families, *plot.but)))
        for key, plot in PLOTS.items()
    }
)
