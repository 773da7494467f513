"""What an entry of the catalog says of itself: one small record for each kind of thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

Direction = Literal["lower", "higher", ""]
#: What a measure or a figure may ask of a family, see :meth:`Family.is_a`.
Kind = Literal["any", "adversarial", "encoding", "conditional"]


@dataclass(frozen=True)
class Param:
    """One setting of a family, as it may stand in an experiment file."""

    default: Any
    """The value when the file is silent; its type is the type allowed."""
    label: str
    """Column heading and axis label."""
    tag: str = ""
    """How the value enters a cell's name, e.g. ``"z{}"``; empty: ``"<key><value>"``."""
    choices: str = ""
    """The catalog registry the value must be a key of, e.g. ``"losses"``."""
    minimum: float | None = None
    """Smallest value allowed."""
    above: float | None = None
    """The value must be greater than this."""
    below: float | None = None
    """The value must be smaller than this."""
    about: str = ""
    """One line for the schema, ``labkit init`` and the report's method section."""
    only: tuple[str, tuple[str, ...]] | None = None
    """Another setting and its levels with which alone this one has any effect."""
    option: tuple[str, str] | None = None
    """The same where those levels are the choices that have this among their ``options``."""


@dataclass(frozen=True)
class Step:
    """A box in the diagram of a family."""

    text: str
    under: str = ""
    """What is said below it."""
    learns: bool = False
    """Whether it is a network of this training; else a value."""


@dataclass(frozen=True)
class Family:
    """A kind of model with its own training step."""

    label: str
    """How the family is called in names and headings: ``GAN``."""
    target: str
    """``module:class``; the class takes a :class:`labkit.experiment.spec.CellSpec`'s params."""
    about: str
    params: dict[str, Param]
    named_by: tuple[str, ...]
    """The parameters that always appear in a cell's name and table."""
    losses: tuple[str, ...]
    """The history columns that are its training losses."""
    modules: tuple[str, ...]
    """Training modules whose code is part of a cell's fingerprint."""
    reconstructs: bool = False
    """Whether cells also have reconstructions and interpolations."""
    conditional: bool = False
    """Whether images are generated for a class that is asked for."""
    objective: str = ""
    """Who minimises what, where that is more than the losses its settings name."""
    rules: tuple[str, ...] = ()
    """``module:function`` of what makes no sense together, see :mod:`labkit.catalog.rules`."""
    hue: str = ""
    """Its colour in plots, a key of :data:`labkit.reporting.plots.style.HUES`; empty: one that
    no other family of the report has."""
    seconds: float = 1 / 300
    """What a training image takes on one core of a common laptop with the networks whose
    `work` is 1: a rough guess until this machine has run a cell."""
    mends: Literal["", "decoder", "prior"] = ""
    """Of a GAN and a VAE in one: where it is to gain what a VAE loses, in how its decoder
    compares images or in what of the prior it leaves empty."""
    phases: int = 1
    """How many parts with aims of their own its training has."""
    flow: tuple[Step, ...] = ()
    """What flows where in training: the report's diagram; empty: none is drawn."""
    sampling: tuple[Step, ...] = ()
    """The same when it makes a sample, where that is a way of its own."""

    def is_a(self, kind: Kind) -> bool:
        """Whether the family has a discriminator, has an encoder, or is told the class."""
        if kind == "adversarial":
            return "d_loss" in self.losses
        if kind == "encoding":
            return self.reconstructs
        return kind == "any" or self.conditional


@dataclass(frozen=True)
class Loss:
    """An adversarial loss: how the discriminator and the generator are scored."""

    label: str
    target: str
    discriminator: str
    """The discriminator's loss as a formula (LaTeX-free, for a report)."""
    generator: str
    source: str
    about: str = ""
    threshold: bool = True
    """Whether a logit of 0 divides real from fake, so that D has an accuracy."""


@dataclass(frozen=True)
class Constraint:
    """What keeps a discriminator smooth."""

    label: str
    target: str
    """``module:class``, a :class:`labkit.train.constraints.Constraint`."""
    formula: str
    source: str
    about: str


@dataclass(frozen=True)
class Choice:
    """A small choice with a function behind it: an optimiser, an initialisation, a norm."""

    label: str
    target: str
    about: str


@dataclass(frozen=True)
class GanNetworks:
    """A generator and a discriminator."""

    label: str
    generator: str
    """``module:function(z_dim)`` -> images (N, 1, 28, 28) in [-1, 1] of noise (N, z_dim)."""
    discriminator: str
    """``module:function(norm, channels)`` -> logits (N, 1) of images (N, channels, 28, 28)."""
    norm: Literal["batch", "layer", "none"]
    """The normalisation its discriminator has of itself."""
    source: str
    about: str
    options: tuple[str, ...] = ("norm", "channels")
    """What may be asked of the discriminator; a user's own need not have all."""
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
    """What may be asked of them: ``channels`` of the encoder, ``norm`` and ``dropout`` of both."""
    work: float = 1.0
    """Arithmetic of a training image relative to Lab 1's networks, for estimates of time."""


@dataclass(frozen=True)
class Reconstruction:
    """How a VAE's output is compared with its input."""

    label: str
    target: str
    formula: str
    pixels: Literal["[-1, 1]", "[0, 1]"]
    """The range of pixel values the network sees and produces."""
    about: str = ""


@dataclass(frozen=True)
class Dataset:
    """A data set of 28 x 28 grey images in ten classes, as four IDX files."""

    label: str
    classes: tuple[str, ...]
    """Their names; ten, since the classifiers and conditional networks have ten outputs."""
    files: dict[str, str]
    """SHA-256 of each uncompressed IDX file."""
    licence: str
    source: str
    noun: str = "images"
    """What its images show, for alternative texts."""
    mirrors: tuple[str, ...] = ()
    """Base addresses of the gzipped files; empty: those torchvision has for this name."""
    least_accuracy: float = 0.9
    """Test accuracy below which a feature network for it is not pinned."""


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
    """Families of which it would say something else than its name."""
    of: Kind | None = None
    """Where not every family has it: the kind that does (`families` is filled in by that)."""
    whole: bool = False
    """Whether it speaks of a training as a whole, which one of several phases is not
    (`not_for` is filled in by that)."""
    margin: float = 0.0
    """Smallest difference worth calling one, as a share of the values compared."""
    within: tuple[str, ...] = ()
    """Settings that must agree before two values may be compared."""

    def applies(self, family: str) -> bool:
        """Whether cells of a family have it."""
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
    """``module:function`` that answers it from the table; empty: the student alone does."""
    every_family: bool = False
    """Whether a cell of *each* of the families is needed."""
    levels: int = 1
    """How many levels that setting must have."""
    among: tuple[str, ...] = ()
    """... one of which must be one of these (empty: any)."""
    needs: Literal["", "references", "first_values"] = ""
    """What else must be there: published values, first-epoch values in the table itself."""


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
    """The kind of families that have such a figure each as well, ``target(view, family)``."""
    but: tuple[str, ...] = ()
    """... unless they have it under a name of its own."""
    also: tuple[str, ...] = ()
    """These families; filled in."""


@dataclass(frozen=True)
class Format:
    label: str
    target: str
    suffix: str
    extra: str = ""
    """The installation extra it is best made with, e.g. ``pdf``."""
    module: str = ""
    """What that extra brings; where it is there, the format is among ``all``."""


#: Who loads a module that is none of Python's, by the beginning of its name: a user's own
#: file is ``"own/my_gan:generator"``, and :mod:`labkit.plugins.registry` enters itself here.
LOADERS: dict[str, Callable[[str], ModuleType]] = {}


def resolve(target: str) -> Callable[..., Any]:
    """Import what an entry's ``"module:function"`` names."""
    module, _, name = target.partition(":")
    prefix, slash, rest = module.partition("/")
    source = LOADERS[prefix + slash](rest) if slash else import_module(module)
    found: Callable[..., Any] = getattr(source, name)
    return found
