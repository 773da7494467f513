"""The entries of the catalog: a dataclass for each kind of thing one can choose."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

Direction = Literal["lower", "higher", ""]
#: A kind of families, see :meth:`Family.is_a`.
Kind = Literal[
    "any", "adversarial", "encoding", "conditional", "coded", "flowing", "styled", "swept"
]


@dataclass(frozen=True)
class Param:
    """One setting of a family, as it may stand in an experiment file."""

    default: Any
    """The value if the file gives none; values of its type are allowed."""
    label: str
    """Column heading and axis label."""
    tag: str = ""
    """How the value enters a cell's name, e.g. ``"z{}"``; empty: ``"<key><value>"``."""
    choices: str = ""
    """The catalog registry the value must be a key of, e.g. ``"losses"``."""
    minimum: float | None = None
    above: float | None = None
    below: float | None = None
    """It must be smaller than this, greater than `above`, and at least `minimum`."""
    about: str = ""
    """One line for the schema, ``labkit init`` and the report's method section."""
    only: tuple[str, tuple[str, ...]] | None = None
    """Another setting and those of its levels with which this one has an effect."""
    option: tuple[str, str] | None = None
    """The same, where those levels are the choices with this word among their ``options``."""


@dataclass(frozen=True)
class Step:
    """A box in the diagram of a family."""

    text: str
    under: str = ""
    """The small text below it."""
    learns: bool = False
    """Whether it is a network that is trained; else it is a value."""


@dataclass(frozen=True)
class Shown:
    """A picture that a family makes beside its samples; the family's `pictures` draw it."""

    heading: str
    """Of its galleries, with the family's name as ``{model}``."""
    alt: str
    """What it shows; ``{things}`` are images of the data set, ``{who}`` made them."""


@dataclass(frozen=True)
class Family:
    """A kind of model with its own training step."""

    label: str
    """Its name in cells' names and headings: ``GAN``."""
    target: str
    """``module:class``; the class takes a :class:`labkit.experiment.spec.CellSpec`'s params."""
    about: str
    params: dict[str, Param]
    named_by: tuple[str, ...]
    """The parameters that always appear in a cell's name and table."""
    losses: tuple[str, ...]
    """The columns of the history with its training losses."""
    reconstructs: bool = False
    """Whether it encodes images, so that cells have reconstructions and interpolations."""
    conditional: bool = False
    """Whether it generates images of a given class."""
    pictures: dict[str, Shown] = field(default_factory=dict)
    """By name in captions and file names."""
    sweeps: dict[str, str] = field(default_factory=dict)
    """Settings of sampling that its `sweeps` compare: labels of the axis, by name."""
    measures: tuple[str, ...] = ()
    """``module:function(samples, labels, dataset)`` of what is measured of this family beside
    what is of all; the labels are those `sample` made the images for."""
    objective: str = ""
    """What each network minimises, if that is more than the losses named in its settings."""
    hue: str = ""
    """Its colour in plots, a key of `style.HUES`; empty: one that no other family there has."""
    seconds: float = 1 / 300
    """Seconds per training image on a laptop's core, at `work` 1; until a cell has run here."""
    sample_seconds: float = 1 / 1000  # the same per sample that is drawn and measured
    mends: Literal["", "decoder", "prior"] = ""
    """For combinations of GAN and VAE: the weakness of VAEs it addresses, blurry output of the
    decoder or regions of the prior without codes."""
    only_train: tuple[str, ...] = ()
    """Its networks that training alone needs: samples are drawn and measured without them."""
    phases: int = 1
    """Number of parts of its training that minimise different things."""
    flow: tuple[Step, ...] = ()
    """The report's diagram of training; empty: no diagram."""
    sampling: tuple[Step, ...] = ()
    """The diagram of sampling, if that differs from training."""

    def is_a(self, kind: Kind | None) -> bool:
        """Whether it has a discriminator, an encoder, is given the class, finds codes, ..."""
        kinds = {
            "any": True,
            "adversarial": "d_loss" in self.losses,
            "encoding": self.reconstructs,
            "conditional": self.conditional,
            "coded": "categories" in self.pictures,
            "flowing": "flow_loss" in self.losses,
            "styled": "styles" in self.pictures,
            "swept": bool(self.sweeps),
        }
        return kinds.get(kind or "", False)


@dataclass(frozen=True)
class Loss:
    """An adversarial loss: how the discriminator and the generator are scored."""

    label: str
    target: str
    discriminator: str
    """The discriminator's loss as a formula in plain text."""
    generator: str
    source: str
    threshold: bool = True
    """Whether a logit of 0 separates real from fake, so that D has an accuracy."""


@dataclass(frozen=True)
class Choice:
    """A constraint of the discriminator, an optimiser, an initialisation, a norm."""

    label: str
    target: str = ""
    """``module:function`` or ``module:class``; empty if the networks implement it."""
    formula: str = ""
    source: str = ""
    about: str = ""


@dataclass(frozen=True)
class GanNetworks:
    """A generator and a discriminator."""

    label: str
    generator: str
    """``module:function(z_dim)`` -> images (N, 1, 28, 28) in [-1, 1] of noise (N, z_dim)."""
    discriminator: str
    """``module:function(norm, channels)`` -> logits (N, 1) of images (N, channels, 28, 28)."""
    norm: Literal["batch", "layer", "none"]
    """The normalisation of its discriminator unless ``d_norm`` changes it."""
    source: str
    about: str
    options: tuple[str, ...] = ("norm", "channels")
    """The arguments that its discriminator takes; the user's own may take fewer."""
    work: float = 1.0
    """Arithmetic of a training image relative to Lab 1's networks, for estimates of time."""


@dataclass(frozen=True)
class VaeNetworks:
    """An encoder and a decoder."""

    label: str
    encoder: str
    """``module:function(latent_dim)`` -> mean and log-variance of images."""
    decoder: str
    """``module:function(latent_dim)`` -> raw images, before tanh or sigmoid."""
    source: str
    about: str
    options: tuple[str, ...] = ("channels",)
    """The arguments they take: ``channels`` the encoder, ``norm`` and ``dropout`` both."""
    work: float = 1.0
    """Arithmetic of a training image relative to Lab 1's networks, for estimates of time."""


@dataclass(frozen=True)
class Reconstruction(Choice):
    """How a VAE's output is compared with its input."""

    pixels: Literal["[-1, 1]", "[0, 1]"] = "[-1, 1]"
    """The range of pixel values the network sees and produces."""


@dataclass(frozen=True)
class Dataset:
    """A data set of 28 x 28 grey images in ten classes, as four IDX files."""

    label: str
    classes: tuple[str, ...]
    """Names of the ten classes; classifiers and conditional networks have ten outputs."""
    files: dict[str, str]
    """SHA-256 of each uncompressed IDX file."""
    licence: str
    source: str
    noun: str = "images"
    """What its images show, for alternative texts of pictures."""
    mirrors: tuple[str, ...] = ()
    """Base URLs of the gzipped files; empty: torchvision's for this name."""
    least_accuracy: float = 0.9
    """Test accuracy that its feature network must reach."""
    also: tuple[str, ...] = ()
    """What else it is called, without capitals, spaces and marks."""


@dataclass(frozen=True)
class Metric:
    """A column of the results table."""

    label: str
    better: Direction
    group: Literal["quality", "losses", "stability", "modes", "vae", "cost", "appendix"]
    about: str
    """What it measures and how to read it, in one sentence."""
    unit: str = ""
    digits: int = 3
    """Significant digits shown."""
    families: tuple[str, ...] = ()
    """The families that have it; empty: all."""
    not_for: tuple[str, ...] = ()
    """Families for which the column would not mean what its label says."""
    of: Kind | None = None
    """The kind of families that have it, if not all do; `families` is filled in from it."""
    whole: bool = False
    """Whether it describes a training of one phase as a whole; `not_for` is filled in from it."""
    margin: float = 0.0
    """Smallest difference worth calling one, as a share of the values compared."""
    log: bool = False
    """Whether values are compared by their ratios (and averaged geometrically)."""
    offset: float = 0.0
    """Added before that, so that a value of 0 compares."""
    within: tuple[str, ...] = ("dataset",)
    """Settings that must be equal for two values to be compared."""

    def applies(self, family: str) -> bool:
        """Whether cells of a family have this column."""
        return family not in self.not_for and (not self.families or family in self.families)


@dataclass(frozen=True)
class Question:
    """A reflection question of a report."""

    text: str
    families: tuple[str, ...]
    """The question applies when the table has a cell of one of these families."""
    factors: tuple[str, ...] = ()
    """... and one of these settings as a column (empty: none needed)."""
    target: str = ""
    """``module:function`` that answers it from the table; empty: only the student answers it."""
    every_family: bool = False
    """Whether a cell of *each* of the families is needed."""
    levels: int = 1
    """How many levels that setting must have."""
    among: tuple[str, ...] = ()
    """... one of which must be one of these (empty: any)."""
    topic: str = ""
    """What it is about, in a word or two."""
    primary: str = ""
    """The metric its tests are about: all pairs of levels of each factor, on all data sets."""
    needs: Literal["", "references", "first_values"] = ""
    """What else the table must have: published values, or values of the first epoch."""


@dataclass(frozen=True)
class Plot:
    """A figure of the report's analysis section."""

    label: str
    target: str
    families: tuple[str, ...]
    """Drawn when the table has a cell of each of these families."""
    about: str
    """How to read it."""
    of: Kind | None = None
    """The kind of other families that get such a figure each, ``target(view, family)``."""
    but: tuple[str, ...] = ()
    """Families of that kind that have another entry for it."""
    also: tuple[str, ...] = ()
    """The other families that get such a figure; filled in from `of` and `but`."""


@dataclass(frozen=True)
class Format:
    """A kind of file a report is written as."""

    target: str
    suffix: str
    module: str = ""
    """A library it needs; where that is installed, the format is among ``all``."""


#: Loaders of modules that Python cannot import, by the prefix of their names. The user's own
#: files are ``"own/my_gan:generator"``; :mod:`labkit.plugins.registry` registers their loader.
LOADERS: dict[str, Callable[[str], ModuleType]] = {}


def resolve(target: str) -> Callable[..., Any]:
    """Import what an entry's ``"module:function"`` names."""
    module, _, name = target.partition(":")
    prefix, slash, rest = module.partition("/")
    source = LOADERS[prefix + slash](rest) if slash else import_module(module)
    found: Callable[..., Any] = getattr(source, name)
    return found
