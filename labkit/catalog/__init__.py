"""Everything an experiment file can choose, as dictionaries of plain entries.

The YAML schema, the choices of the command line, the columns of tables, the axis labels of
plots and the direction ("lower is better") of comparisons are derived from them. An entry names
the code that implements it as ``"module:function"``, so reading the catalog never imports torch.
"""

from dataclasses import replace

from labkit.catalog.building import CONSTRAINTS as CONSTRAINTS
from labkit.catalog.building import DATASETS as DATASETS
from labkit.catalog.building import GAN_NETWORKS as GAN_NETWORKS
from labkit.catalog.building import GROWTHS as GROWTHS
from labkit.catalog.building import INITIALISATIONS as INITIALISATIONS
from labkit.catalog.building import LOSSES as LOSSES
from labkit.catalog.building import OPTIMISERS as OPTIMISERS
from labkit.catalog.building import RECONSTRUCTIONS as RECONSTRUCTIONS
from labkit.catalog.building import REGISTRIES as REGISTRIES
from labkit.catalog.building import SOLVERS as SOLVERS
from labkit.catalog.building import VAE_NETWORKS as VAE_NETWORKS
from labkit.catalog.building import dataset_key as dataset_key
from labkit.catalog.entries import Family as Family
from labkit.catalog.entries import Kind
from labkit.catalog.entries import Loss as Loss
from labkit.catalog.entries import Param as Param
from labkit.catalog.entries import Question as Question
from labkit.catalog.entries import resolve as resolve
from labkit.catalog.families import FAMILIES as FAMILIES
from labkit.catalog.metrics import METRICS as METRICS
from labkit.catalog.own_networks import made_from
from labkit.catalog.report import FORMATS as FORMATS
from labkit.catalog.report import PLOTS as PLOTS
from labkit.catalog.report import QUESTIONS as QUESTIONS
from labkit.catalog.report import own_question as own_question
from labkit.catalog.report import words_of as words_of

FAMILIES |= made_from(FAMILIES["gan"])
REGISTRIES["families"] = FAMILIES


def _of(kind: Kind | None) -> tuple[str, ...]:
    """The families of a kind, in the catalog's order."""
    return tuple(key for key, family in FAMILIES.items() if family.is_a(kind))


# Fill in the families that metrics and plots state by kind.
_PHASED = tuple(key for key, family in FAMILIES.items() if family.phases > 1)
for _key, _metric in METRICS.items():
    _without = _PHASED if _metric.whole else ()
    METRICS[_key] = replace(_metric, families=_of(_metric.of), not_for=_without)
for _key, _plot in PLOTS.items():
    _also = tuple(f for f in _of(_plot.of) if f not in (*_plot.families, *_plot.but))
    PLOTS[_key] = replace(_plot, also=_also)
