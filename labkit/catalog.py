"""Everything a lab can choose from, as plain literals: one line to add a thing.

An entry names the code that implements it as ``"module:function"``; nothing is
imported here, so the catalog costs nothing to read and never brings in torch.
From these dictionaries derive the YAML schema, the command line's choices, the
columns of the tables, the axis labels of the plots and the direction ("lower is
better") of every comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Direction = Literal["lower", "higher", ""]


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


@dataclass(frozen=True)
class Family:
    """A kind of model with its own training step."""

    label: str
    """How the family is called in names and headings: ``GAN``."""
    target: str
    """``module:class``; the class takes a :class:`labkit.spec.CellSpec`'s params."""
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
    rules: tuple[str, ...] = ()
    """``module:function`` of what makes no sense together, see :mod:`labkit.combinations`."""


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


@dataclass(frozen=True)
class Reconstruction:
    """How a VAE's output is compared with its input."""

    label: str
    target: str
    formula: str
    pixels: Literal["[-1, 1]", "[0, 1]"]
    """The range of pixel values the network sees and produces."""
    proper: bool
    """Whether it is the negative log of a normalised likelihood (then ELBO and nats apply)."""
    about: str = ""
    mass: bool = False
    """Whether that likelihood is a probability over the 256 grey levels rather than a
    density (then bits per pixel apply too)."""


@dataclass(frozen=True)
class Dataset:
    """A data set of 28 x 28 grey images in ten classes."""

    label: str
    classes: tuple[str, ...]
    files: dict[str, str]
    """SHA-256 of each uncompressed IDX file."""
    licence: str
    source: str


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
    margin: float = 0.0
    """Smallest difference worth calling one, as a share of the values compared."""
    within: tuple[str, ...] = ()
    """Settings that must agree before two values may be compared."""


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
    also: tuple[str, ...] = ()
    """Families that have such a figure each as well, ``target(view, family)``."""


@dataclass(frozen=True)
class Format:
    label: str
    target: str
    suffix: str
    extra: str = ""
    """The installation extra it is best made with, e.g. ``pdf``."""
    module: str = ""
    """What that extra brings; where it is there, the format is among ``all``."""


DATASETS: dict[str, Dataset] = {
    "MNIST": Dataset(
        label="MNIST",
        classes=tuple("0123456789"),
        files={
            "train-images-idx3-ubyte": (
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
            ),
            "train-labels-idx1-ubyte": (
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
            ),
            "t10k-images-idx3-ubyte": (
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
            ),
            "t10k-labels-idx1-ubyte": (
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
            ),
        },
        licence="CC BY-SA 3.0",
        source="Y. LeCun, C. Cortes, C. Burges",
    ),
    "FashionMNIST": Dataset(
        label="Fashion-MNIST",
        classes=(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ),
        files={
            "train-images-idx3-ubyte": (
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
            ),
            "train-labels-idx1-ubyte": (
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
            ),
            "t10k-images-idx3-ubyte": (
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
            ),
            "t10k-labels-idx1-ubyte": (
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
            ),
        },
        licence="MIT",
        source="H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747",
    ),
}  # fmt: skip

LOSSES: dict[str, Loss] = {
    "hinge": Loss(
        label="Hinge",
        target="labkit.train.losses:hinge",
        discriminator="E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))]",
        generator="−E[D(G(z))]",
        source="Lim & Ye 2017, arXiv:1705.02894",
        about="punishes only logits inside the margin",
    ),
    "bce": Loss(
        label="BCE",
        target="labkit.train.losses:bce",
        discriminator="−E[log σ(D(x))] − E[log(1 − σ(D(G(z))))]",
        generator="−E[log σ(D(G(z)))]  (non-saturating)",
        source="Goodfellow et al. 2014, arXiv:1406.2661",
        about="binary cross-entropy on logits; the generator's form does not saturate",
    ),
    "wasserstein": Loss(
        label="Wasserstein",
        target="labkit.train.losses:wasserstein",
        discriminator="E[D(G(z))] − E[D(x)]",
        generator="−E[D(G(z))]",
        source="Arjovsky et al. 2017, arXiv:1701.07875",
        about="a critic's score, not a logit; means something only if the critic is constrained",
        threshold=False,
    ),
}

CONSTRAINTS: dict[str, Constraint] = {
    "none": Constraint(
        "None", "labkit.train.constraints:Unconstrained", "", "", "the discriminator is free"
    ),
    "clip": Constraint(
        "Clipping", "labkit.train.constraints:Clip", "each weight into [−c, c] after D's step",
        "Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1",
        "a compact set of weights, so a bounded slope",
    ),
    "gradient_penalty": Constraint(
        "Gradient penalty", "labkit.train.constraints:GradientPenalty",
        "λ E[(‖∇D(x̃)‖₂ − 1)²], x̃ between real and fake",
        "Gulrajani et al. 2017, arXiv:1704.00028, eq. 3",
        "asks for slope 1 between real and generated images",
    ),
    "spectral_norm": Constraint(
        "Spectral norm", "labkit.train.constraints:SpectralNorm", "W / σ(W) in every layer",
        "Miyato et al. 2018, arXiv:1802.05957",
        "divides each weight matrix by its largest singular value",
    ),
}  # fmt: skip

OPTIMISERS: dict[str, Choice] = {
    "adam": Choice("Adam", "labkit.train.optimisers:adam", "Kingma & Ba 2015, arXiv:1412.6980"),
    "rmsprop": Choice(
        "RMSprop", "labkit.train.optimisers:rmsprop",
        "Tieleman & Hinton 2012: no momentum, as the Wasserstein GAN wants it",
    ),
}  # fmt: skip

INITIALISATIONS: dict[str, Choice] = {
    "default": Choice("PyTorch's", "labkit.train.options:keep", "uniform by fan-in (Kaiming)"),
    "normal": Choice(
        "Normal(0, 0.02)", "labkit.train.options:normal_002",
        "every weight from N(0, 0.02²): Radford et al. 2016, arXiv:1511.06434",
    ),
}  # fmt: skip

DISCRIMINATOR_NORMS: dict[str, Choice] = {
    "own": Choice("the network's own", "", "as the network's description has it"),
    "batch": Choice("Batch norm", "", "mean and variance over the batch"),
    "layer": Choice("Layer norm", "", "mean and variance over one image"),
    "none": Choice("No norm", "", "no normalisation"),
}

HIDDEN_NORMS: dict[str, Choice] = {
    "none": Choice("No norm", "", "no normalisation"),
    "batch": Choice("Batch norm", "", "mean and variance over the batch, in every hidden layer"),
}

_LAB1 = "the lab sheet"
_TF = "the DCGAN of TensorFlow's tutorial"

GAN_NETWORKS: dict[str, GanNetworks] = {
    "lab1": GanNetworks(
        "Lab 1", "labkit.train.models.lab1:generator", "labkit.train.models.lab1:discriminator",
        "batch", _LAB1, "convolutional, 4×4 kernels, two and three levels",
    ),
    "dcgan": GanNetworks(
        "DCGAN", "labkit.train.models.dcgan:generator", "labkit.train.models.dcgan:discriminator",
        "batch", "Radford et al. 2016, arXiv:1511.06434", "convolutions only, no linear layer",
    ),
    "tf_dcgan": GanNetworks(
        "TF DCGAN", "labkit.train.models.tf_dcgan:generator",
        "labkit.train.models.tf_dcgan:discriminator",
        "none", _TF, "5×5 kernels, a wide generator, dropout in the discriminator",
    ),
    "dense": GanNetworks(
        "Dense", "labkit.train.models.dense_gan:generator",
        "labkit.train.models.dense_gan:discriminator",
        "none", "Goodfellow et al. 2014, arXiv:1406.2661", "linear layers only",
    ),
}  # fmt: skip

VAE_NETWORKS: dict[str, VaeNetworks] = {
    "lab1": VaeNetworks(
        "Lab 1", "labkit.train.models.lab1:encoder", "labkit.train.models.lab1:decoder",
        _LAB1, "convolutional, 4×4 kernels",
    ),
    "conv": VaeNetworks(
        "Conv", "labkit.train.models.conv_vae:encoder", "labkit.train.models.conv_vae:decoder",
        "a common teaching example", "two convolutions and their mirror image",
    ),
    "dense256": VaeNetworks(
        "Dense 256", "labkit.train.models.dense_vae:encoder256",
        "labkit.train.models.dense_vae:decoder256",
        "Kingma & Welling 2014, arXiv:1312.6114, appendix C", "one hidden layer of 256",
    ),
    "dense512": VaeNetworks(
        "Dense 512-256", "labkit.train.models.dense_vae:encoder512",
        "labkit.train.models.dense_vae:decoder512",
        "a common teaching example", "hidden layers of 512 and 256",
        options=("channels", "norm", "dropout"),
    ),
}  # fmt: skip

RECONSTRUCTIONS: dict[str, Reconstruction] = {
    "l1": Reconstruction(
        label="L1",
        target="labkit.train.losses:l1",
        formula="Σ |x − x̂| over pixels",
        pixels="[-1, 1]",
        proper=False,
        about="sum of absolute differences over pixels in [-1, 1]",
    ),
    "mse": Reconstruction(
        label="MSE",
        target="labkit.train.losses:mse",
        formula="Σ (x − x̂)² over pixels",
        pixels="[-1, 1]",
        proper=False,
        about="sum of squared differences over pixels in [-1, 1]",
    ),
    "bernoulli": Reconstruction(
        label="Bernoulli",
        target="labkit.train.losses:bernoulli",
        formula="−Σ [x log p + (1 − x) log(1 − p)] over pixels",
        pixels="[0, 1]",
        proper=False,
        about="binary cross-entropy over grey pixels in [0, 1]; not a normalised "
        "likelihood of grey values, so no nats",
    ),
}

_MODULES = ("labkit.train.loop", "labkit.train.rng", "labkit.train.losses")


def _latent(default: int = 16) -> Param:
    return Param(
        default, "Latent dimension", "latent{}", minimum=1, about="length of the latent vector"
    )


_LOSS = Param("hinge", "Loss", "{}", choices="losses", about="adversarial loss")
_Z_DIM = Param(64, "z dimension", "z{}", minimum=1, about="length of the noise vector")
_BETAS = Param(
    (0.5, 0.999), "Adam betas", minimum=0, below=1, about="Adam moments",
    only=("optimiser", ("adam",)),
)  # fmt: skip
_CONSTRAINED: dict[str, Param] = {
    "constraint": Param(
        "none", "Constraint", "{}", choices="constraints", about="what keeps D smooth"
    ),
    "clip": Param(
        0.01, "Clipping bound", "clip{}", above=0, about="every weight of D into [−c, c]",
        only=("constraint", ("clip",)),
    ),
    "gp_weight": Param(
        10.0, "Penalty weight", "lambda{}", above=0, about="λ of the gradient penalty",
        only=("constraint", ("gradient_penalty",)),
    ),
}  # fmt: skip
_GAN_PARAMS: dict[str, Param] = {
    "networks": Param("lab1", "Networks", "{}", choices="gan_networks", about="G and D"),
    "loss": _LOSS,
    "z_dim": _Z_DIM,
    "lr": Param(2e-4, "Learning rate", "lr{}", above=0, about="both networks"),
    "betas": _BETAS,
    "n_critic": Param(
        1, "Discriminator steps", "critic{}", minimum=1,
        about="discriminator steps for one generator step",
    ),
    **_CONSTRAINED,
    "optimiser": Param("adam", "Optimiser", "{}", choices="optimisers", about="both networks"),
    "d_norm": Param(
        "own", "Norm in D", "D-{}", choices="discriminator_norms",
        about="normalisation inside the discriminator",
    ),
    "init": Param(
        "default", "Initialisation", "init-{}", choices="initialisations", about="of every weight"
    ),
    "label_smoothing": Param(
        0.0, "Label smoothing", "smooth{}", minimum=0, below=0.5,
        about="one-sided: the target of real images is 1 minus this", only=("loss", ("bce",)),
    ),
    "ema": Param(
        0.0, "Generator average", "ema{}", minimum=0, below=1,
        about="decay of a moving average of G's weights that makes the samples; 0: none",
    ),
}  # fmt: skip
_KL_PARAMS: dict[str, Param] = {
    "beta": Param(1.0, "β", "beta{}", minimum=0, about="weight of the KL in what is minimised"),
    "kl_warmup": Param(
        0, "KL warm-up", "warmup{}", minimum=0,
        about="epochs over which β rises from 0 to its value",
    ),
    "free_bits": Param(
        0.0, "Free nats", "free{}", minimum=0,
        about="nats of KL per latent dimension that cost nothing",
    ),
}  # fmt: skip
_DENSE = ("networks", tuple(k for k, v in VAE_NETWORKS.items() if "norm" in v.options))
_VAE_PARAMS: dict[str, Param] = {
    "networks": Param(
        "lab1", "Networks", "{}", choices="vae_networks", about="encoder and decoder"
    ),
    "latent_dim": _latent(),
    "reconstruction": Param(
        "l1", "Reconstruction", "{}", choices="reconstructions",
        about="how output and input are compared",
    ),
    "lr": Param(2e-3, "Learning rate", "lr{}", above=0, about="both networks"),
    "betas": Param(
        (0.9, 0.999), "Adam betas", minimum=0, below=1, about="Adam moments",
        only=("optimiser", ("adam",)),
    ),
    "optimiser": Param("adam", "Optimiser", "{}", choices="optimisers", about="both networks"),
    **_KL_PARAMS,
    "norm": Param(
        "none", "Norm", "{}norm", choices="hidden_norms",
        about="normalisation in the hidden layers", only=_DENSE,
    ),
    "dropout": Param(
        0.0, "Dropout", "dropout{}", minimum=0, below=1,
        about="share of the encoder's hidden units left out in training", only=_DENSE,
    ),
}  # fmt: skip

_CRITIC: dict[str, Param] = {
    "critic": Param("lab1", "Critic", "{}", choices="gan_networks", about="its discriminator"),
    "loss": _LOSS,
    **_CONSTRAINED,
    "d_norm": _GAN_PARAMS["d_norm"],
    "label_smoothing": _GAN_PARAMS["label_smoothing"],
}

FAMILIES: dict[str, Family] = {
    "gan": Family(
        label="GAN",
        target="labkit.train.models.gan:GAN",
        about="a generator and a discriminator trained against each other",
        params=_GAN_PARAMS,
        named_by=("loss", "z_dim"),
        losses=("d_loss", "g_loss"),
        modules=(*_MODULES, "labkit.train.models.gan"),
        rules=(
            "labkit.combinations:batch_norm_under_penalty",
            "labkit.combinations:discriminator_options",
        ),
    ),
    "vae": Family(
        label="VAE",
        target="labkit.train.models.vae:VAE",
        about="an encoder to a Gaussian posterior and a decoder, trained on one bound",
        params=_VAE_PARAMS,
        named_by=("latent_dim",),
        losses=("total_loss", "recon_loss", "kl_loss"),
        modules=(*_MODULES, "labkit.train.models.vae"),
        reconstructs=True,
        rules=("labkit.combinations:warm_up_of_nothing",),
    ),
    "cgan": Family(
        label="cGAN",
        target="labkit.train.models.conditional:ConditionalGAN",
        about="a GAN both of whose networks are told the class",
        params=_GAN_PARAMS,
        named_by=("loss", "z_dim"),
        losses=("d_loss", "g_loss"),
        modules=(*_MODULES, "labkit.train.models.conditional"),
        conditional=True,
        rules=(
            "labkit.combinations:batch_norm_under_penalty",
            "labkit.combinations:discriminator_options",
            "labkit.combinations:told_the_class",
        ),
    ),
    "cvae": Family(
        label="cVAE",
        target="labkit.train.models.conditional:ConditionalVAE",
        about="a VAE both of whose networks are told the class",
        params=_VAE_PARAMS,
        named_by=("latent_dim",),
        losses=("total_loss", "recon_loss", "kl_loss"),
        modules=(*_MODULES, "labkit.train.models.conditional"),
        reconstructs=True,
        conditional=True,
        rules=("labkit.combinations:warm_up_of_nothing", "labkit.combinations:told_the_class"),
    ),
    "adversarial_vae": Family(
        label="AdvVAE",
        target="labkit.train.models.adversarial_vae:AdversarialVAE",
        about="a VAE that also pays when a critic tells its samples from real images",
        params={
            **_VAE_PARAMS,
            "lr": Param(5e-4, "Learning rate", "lr{}", above=0, about="all networks"),
            "betas": _BETAS,
            **_CRITIC,
            "adversarial_weight": Param(
                10.0, "Adversarial weight", "adv{}", minimum=0,
                about="weight of the critic's verdict beside reconstruction and KL",
            ),
        },
        named_by=("latent_dim",),
        losses=("total_loss", "recon_loss", "kl_loss", "d_loss", "g_loss"),
        modules=(*_MODULES, "labkit.train.models.adversarial_vae"),
        reconstructs=True,
        rules=(
            "labkit.combinations:warm_up_of_nothing",
            "labkit.combinations:batch_norm_under_penalty",
            "labkit.combinations:discriminator_options",
        ),
    ),
    "vae_gan": Family(
        label="VAE-GAN",
        target="labkit.train.models.adversarial_vae:VAEGAN",
        about="a VAE whose reconstructions are judged by a critic's features, not by pixels",
        params={
            **{key: value for key, value in _VAE_PARAMS.items() if key != "reconstruction"},
            "lr": Param(5e-4, "Learning rate", "lr{}", above=0, about="all networks"),
            "betas": _BETAS,
            **_CRITIC,
            "gamma": Param(
                0.01, "γ", "gamma{}", minimum=0,
                about="share of the feature distance in what the decoder minimises",
            ),
        },
        named_by=("latent_dim",),
        losses=("total_loss", "recon_loss", "kl_loss", "d_loss", "g_loss"),
        modules=(*_MODULES, "labkit.train.models.adversarial_vae"),
        reconstructs=True,
        rules=(
            "labkit.combinations:warm_up_of_nothing",
            "labkit.combinations:batch_norm_under_penalty",
            "labkit.combinations:discriminator_options",
        ),
    ),
    "latent_gan": Family(
        label="LatentGAN",
        target="labkit.train.models.latent_gan:LatentGAN",
        about="a VAE for the first part of training; then, the VAE frozen, a GAN of its codes",
        params={
            **_VAE_PARAMS,
            "z_dim": _Z_DIM,
            "loss": _LOSS,
            **_CONSTRAINED,
            "gan_lr": Param(
                2e-4, "GAN's learning rate", "ganlr{}", above=0, about="generator and critic"
            ),
            "vae_share": Param(
                0.5, "VAE's share", "share{}", above=0, below=1,
                about="part of the training that goes to the VAE",
            ),
        },
        named_by=("latent_dim", "z_dim"),
        losses=("d_loss", "g_loss"),
        modules=(*_MODULES, "labkit.train.models.latent_gan"),
        reconstructs=True,
        rules=("labkit.combinations:warm_up_of_nothing",),
    ),
}  # fmt: skip

#: The families with a discriminator, and those with an encoder.
_ADVERSARIAL = ("gan", "cgan", "adversarial_vae", "vae_gan", "latent_gan")
_ENCODING = ("vae", "cvae", "adversarial_vae", "vae_gan", "latent_gan")
_CONDITIONAL = ("cgan", "cvae")

#: The settings two runs must share before their loss values may be compared.
_SAME_GAN = ("family", "loss", "dataset")
_SAME_VAE = ("family", "reconstruction", "dataset")
_SAME_DATA = ("dataset",)

METRICS: dict[str, Metric] = {
    # --- quality of samples
    "proxy_fid": Metric(
        "Proxy FID", "lower", "quality",
        "Fréchet distance between features of samples (best epoch) and of real test images, "
        "under a small pinned classifier of the same data set",
        margin=0.05, within=_SAME_DATA,
    ),
    "proxy_fid_infinity": Metric(
        "Proxy FID∞", "lower", "quality",
        "proxy FID extrapolated to infinitely many samples", margin=0.05, within=_SAME_DATA,
    ),
    "kid": Metric(
        "KID", "lower", "quality",
        "unbiased squared MMD with a cubic polynomial kernel on the same features",
        margin=0.05, within=_SAME_DATA,
    ),
    "sharpness": Metric(
        "Sharpness", "", "quality",
        "gradient energy of samples relative to real images: 1 is as sharp as real, less is "
        "blurrier, more is noisier or harder-edged",
        margin=0.05, within=_SAME_DATA,
    ),
    "precision": Metric(
        "Precision", "higher", "quality",
        "share of samples that fall among real images in feature space: how many look real",
        margin=0.05, within=_SAME_DATA,
    ),
    "density": Metric(
        "Density", "higher", "quality",
        "like precision, but counts in how many real neighbourhoods a sample falls: 1 is as real",
        margin=0.05, within=_SAME_DATA,
    ),
    "memorisation": Metric(
        "Near-copies of training", "lower", "quality",
        "share of samples closer to a training image than 99 % of real test images are: 0.01 is "
        "as real; blur raises it too",
        margin=0.5, within=_SAME_DATA,
    ),
    "label_accuracy": Metric(
        "Label accuracy", "higher", "quality",
        "share of samples the pinned classifier gives the class that was asked for",
        families=_CONDITIONAL, margin=0.02, within=_SAME_DATA,
    ),
    "class_proxy_fid": Metric(
        "Proxy FID per class", "lower", "quality",
        "proxy FID of each class's samples against that class's test images, mean over classes",
        families=_CONDITIONAL, margin=0.05, within=_SAME_DATA,
    ),
    # --- modes: is every kind of image there, and each in its variety
    "mode_collapse": Metric(
        "Mode collapse", "lower", "modes",
        "1 if a rule for mode collapse fired, 0 if none did; see the verdict for which",
        digits=1, within=_SAME_DATA,
    ),
    "missing_classes": Metric(
        "Missing classes", "lower", "modes",
        "classes with almost no samples, after correcting for the classifier's confusions",
        digits=2, within=_SAME_DATA,
    ),
    "class_imbalance": Metric(
        "Class imbalance", "lower", "modes",
        "share of samples that would have to change class to match the real class shares",
        margin=0.1, within=_SAME_DATA,
    ),
    "recall": Metric(
        "Recall", "higher", "modes",
        "share of real images that fall among samples in feature space: how much is covered",
        margin=0.05, within=_SAME_DATA,
    ),
    "coverage": Metric(
        "Coverage", "higher", "modes",
        "share of real images with a sample in their own neighbourhood", margin=0.05,
        within=_SAME_DATA,
    ),
    "vendi": Metric(
        "Diversity within class", "higher", "modes",
        "Vendi score of samples over that of real images, mean over classes: 1 is as varied as "
        "real", margin=0.05, within=_SAME_DATA,
    ),
    "near_duplicates": Metric(
        "Near-duplicates", "lower", "modes",
        "share of samples that are all but equal to another sample", within=_SAME_DATA,
    ),
    # --- stability, from the proxy FID of every epoch and the discriminator's records
    "fid_final_excess": Metric(
        "Final − best FID", "lower", "stability",
        "proxy FID of the last epoch minus that of the best", margin=0.1, within=_SAME_DATA,
    ),
    "fid_drawdown": Metric(
        "FID drawdown", "lower", "stability",
        "largest rise of the proxy FID above an earlier epoch's", margin=0.1, within=_SAME_DATA,
    ),
    "fid_tail_spread": Metric(
        "FID tail spread", "lower", "stability",
        "standard deviation of the proxy FID over the last third of the epochs (three at least)",
        margin=0.1, within=_SAME_DATA,
    ),
    "fid_oscillation": Metric(
        "FID oscillation", "lower", "stability",
        "sum of all rises of the proxy FID from one epoch to the next: 0 if it only fell",
        margin=0.1, within=_SAME_DATA,
    ),
    "convergence_epoch": Metric(
        "Convergence epoch", "lower", "stability",
        "first epoch whose proxy FID is within 10 % of the best epoch's", digits=4,
        within=_SAME_DATA,
    ),
    "d_accuracy": Metric(
        "D accuracy", "", "stability",
        "share of real and fake images the discriminator told apart, mean of both, last epoch: "
        "0.5 is guessing", families=_ADVERSARIAL, margin=0.05, within=_SAME_DATA,
    ),
    "d_dominance": Metric(
        "D dominance", "lower", "stability",
        "share of all steps in which the discriminator's accuracy on its batch was above 0.95",
        families=_ADVERSARIAL, margin=0.1, within=_SAME_DATA,
    ),
    "d_grad_norm": Metric(
        "D gradient norm", "", "stability",
        "global L2 norm of the discriminator's gradient, mean over the last epoch",
        families=_ADVERSARIAL, margin=0.1, within=_SAME_GAN,
    ),
    "g_grad_norm": Metric(
        "G gradient norm", "", "stability",
        "global L2 norm of the generator's gradient, mean over the last epoch",
        families=_ADVERSARIAL, margin=0.1, within=_SAME_GAN,
    ),
    # --- what is special to a VAE, on test images with the best epoch's weights
    "active_units": Metric(
        "Active units", "higher", "vae",
        "latent dimensions whose posterior mean varies over test images (variance above 0.01)",
        families=_ENCODING, digits=4, within=_SAME_DATA,
    ),
    "posterior_collapse": Metric(
        "Posterior collapse", "lower", "vae",
        "1 if the latent code says next to nothing about the image (no active unit), else 0",
        families=_ENCODING, digits=1, within=_SAME_DATA,
    ),
    "mmd_prior": Metric(
        "MMD to prior", "lower", "vae",
        "squared MMD between codes of test images and the prior N(0, I): 0 if they match, so "
        "that samples start where training images lie",
        families=_ENCODING, margin=0.1, within=("dataset", "latent_dim"),
    ),
    "recon_sharpness": Metric(
        "Reconstruction sharpness", "", "vae",
        "gradient energy of reconstructions relative to the images they reconstruct",
        families=_ENCODING, margin=0.05, within=_SAME_DATA,
    ),
    "recon_proxy_fid": Metric(
        "Reconstruction proxy FID", "lower", "vae",
        "proxy FID of reconstructions of the test images: what the decoder alone costs",
        families=_ENCODING, margin=0.05, within=_SAME_DATA,
    ),
    "elbo": Metric(
        "ELBO", "higher", "vae",
        "lower bound on the log-likelihood of a test image; only where the likelihood is proper",
        unit="nats", families=_ENCODING, digits=5, margin=0.01, within=_SAME_VAE,
    ),
    "bits_per_dim": Metric(
        "Bits per pixel", "lower", "vae",
        "negative ELBO per pixel in bits; only where the likelihood is proper",
        unit="bits", families=_ENCODING, margin=0.01, within=_SAME_VAE,
    ),
    # --- training losses (means over the last epoch)
    "d_loss": Metric(
        "Final D loss", "", "losses", "discriminator loss, mean over the last epoch",
        families=_ADVERSARIAL, within=_SAME_GAN,
    ),
    "g_loss": Metric(
        "Final G loss", "", "losses", "generator loss, mean over the last epoch",
        families=_ADVERSARIAL, within=_SAME_GAN,
    ),
    "total_loss": Metric(
        "Final total loss", "lower", "losses",
        "reconstruction plus KL per image, mean over the last epoch",
        families=_ENCODING, digits=5, margin=0.01, within=_SAME_VAE,
    ),
    "recon_loss": Metric(
        "Final recon loss", "lower", "losses",
        "reconstruction loss per image (sum over pixels), mean over the last epoch",
        families=_ENCODING, digits=5, margin=0.01, within=_SAME_VAE,
    ),
    "kl_loss": Metric(
        "Final KL loss", "", "losses",
        "KL divergence from posterior to prior per image, in nats, mean over the last epoch",
        unit="nats", families=_ENCODING, digits=4, margin=0.01, within=_SAME_VAE,
    ),
    "test_total_loss": Metric(
        "Test total loss", "lower", "losses", "the same on test images, best epoch's weights",
        families=_ENCODING, digits=5, margin=0.01, within=_SAME_VAE,
    ),
    "test_recon_loss": Metric(
        "Test recon loss", "lower", "losses", "the same on test images, best epoch's weights",
        families=_ENCODING, digits=5, margin=0.01, within=_SAME_VAE,
    ),
    "test_kl_loss": Metric(
        "Test KL loss", "", "losses", "the same on test images, best epoch's weights",
        unit="nats", families=_ENCODING, digits=4, margin=0.01, within=_SAME_VAE,
    ),
    # --- cost
    "seconds": Metric("Time", "lower", "cost", "training time of the cell", unit="s"),
    "images_per_s": Metric(
        "Images/s", "higher", "cost", "training images seen per second of training"
    ),
    "parameters": Metric("Parameters", "lower", "cost", "trainable weights", digits=9),
    "peak_memory_mb": Metric(
        "Peak memory", "lower", "cost", "largest memory of the cell's own process", unit="MB"
    ),
    "flops_per_image": Metric(
        "FLOPs per image", "lower", "cost",
        "floating-point operations of a training step, forward and backward, per image; the mean "
        "over the steps from one generator step to the next",
        digits=4,
    ),
    # --- kept for continuity, never part of a claim
    "lab_sheet_fid": Metric(
        "Lab sheet's FID-like number", "", "appendix",
        "Fréchet distance on features of the first GAN's discriminator: comparable only within "
        "one run, see the appendix", within=("experiment",),
    ),
}  # fmt: skip

_ANSWERS = "labkit.reporting.claims.questions."

QUESTIONS: dict[str, Question] = {
    "stability": Question(
        "What hyperparameters most influenced GAN stability in your runs?", ("gan",),
        target=_ANSWERS + "stability:answer",
    ),
    "mode_collapse": Question(
        "Evidence of mode collapse (if any)? What helped?", ("gan",),
        target=_ANSWERS + "mode_collapse:answer",
    ),
    "latent_dim": Question(
        "How did latent dim affect VAE reconstructions and samples?", ("vae",), ("latent_dim",),
        target=_ANSWERS + "latent_dim:answer",
    ),
    "combining": Question(
        "One idea to combine benefits of both models (e.g., VAE-GAN)", ("gan", "vae"),
        target=_ANSWERS + "combining:answer", every_family=True,
    ),
    # --- questions of other grids
    "loss_kind": Question(
        "What did the Wasserstein loss change?", ("gan",), ("loss",),
        target=_ANSWERS + "setting:answer", levels=2, among=("wasserstein",),
    ),
    "constraint": Question(
        "What did constraining the discriminator change (clipping, penalty, spectral norm)?",
        ("gan",), ("constraint",), target=_ANSWERS + "setting:answer", levels=2,
    ),
    "regularisation": Question(
        "What did regularisation change?", ("vae",),
        ("regularised", "norm", "dropout"),
        target=_ANSWERS + "setting:answer", levels=2,
    ),
    "beta": Question(
        "What did β trade between reconstructions and samples?", ("vae",), ("beta",),
        target=_ANSWERS + "setting:answer", levels=2,
    ),
    "training": Question(
        "What changed between the first and the last epoch?", (),
        target=_ANSWERS + "training:answer", needs="first_values",
    ),
    "published": Question(
        "Do these runs reproduce the published values?", (),
        target=_ANSWERS + "published:answer", needs="references",
    ),
}  # fmt: skip

PLOTS: dict[str, Plot] = {
    "gan_loss_comparison": Plot(
        "GAN Loss Comparison", "labkit.reporting.plots.losses:gan_loss", ("gan",),
        "Discriminator and generator loss, mean over each epoch. Each kind of loss has a column "
        "of its own, because values of different kinds cannot be compared; a low loss is not a "
        "good image, since each network's loss depends on the other network.",
        also=_ADVERSARIAL[1:],
    ),
    "gan_fid_comparison": Plot(
        "GAN FID Scores Comparison", "labkit.reporting.plots.fid:gan_fid", ("gan",),
        "Left: the tracking FID of every epoch against training images, which chooses the best "
        "epoch. Right: the proxy FID of that epoch against test images. Lower is better; both "
        "axes are logarithmic, so equal steps are equal ratios. Data sets are not comparable.",
        also=tuple(f for f in FAMILIES if f not in ("gan", "vae")),
    ),
    "vae_loss_comparison": Plot(
        "VAE Loss Analysis", "labkit.reporting.plots.losses:vae_loss", ("vae",),
        "Total loss is reconstruction plus KL, each a mean over images. Lower reconstruction is "
        "a more faithful copy; KL is what the code says about the image beyond the prior. The "
        "number at each curve's end is the last epoch's value.",
        also=_ENCODING[1:],
    ),
    "vae_fid_comparison": Plot(
        "VAE FID Scores Comparison", "labkit.reporting.plots.fid:vae_fid", ("vae",),
        "Left: the tracking FID of every epoch against training images, which chooses the best "
        "epoch. Right: the proxy FID of that epoch against test images. Lower is better; both "
        "axes are logarithmic, so equal steps are equal ratios. Data sets are not comparable.",
    ),
    "fid_gan_vs_vae": Plot(
        "GAN vs VAE Overall Comparison", "labkit.reporting.plots.fid:gan_vs_vae", (),
        "The proxy FID of every cell at its best epoch, lower (further left) is better, on a "
        "logarithmic axis. Compare within a panel only: data sets have scales of their own.",
    ),
    "discriminator_accuracy": Plot(
        "Discriminator Accuracy", "labkit.reporting.plots.training:discriminator_accuracy",
        ("gan",),
        "Share of real and generated images the discriminator told apart, mean over each epoch. "
        "0.5 is guessing; close to 1 the generator learns little from it.",
        also=_ADVERSARIAL[1:],
    ),
    "class_coverage": Plot(
        "Class Coverage", "labkit.reporting.plots.modes:class_coverage", (),
        "Percent of each class's real test images that have a generated image nearby in feature "
        "space. A pale tile is a class that is hardly generated.",
    ),
    "kl_per_dimension": Plot(
        "KL per Latent Dimension", "labkit.reporting.plots.latent:kl_per_dimension", ("vae",),
        "What each latent dimension says about test images, in nats, largest first. A dimension "
        "near zero is unused: the prior would do as well.",
        also=_ENCODING[1:],
    ),
    "latent_plane": Plot(
        "Latent Plane", "labkit.reporting.plots.latent:latent_plane", (),
        "The posterior mean of each test image, coloured by class. Where colours mix, the code "
        "cannot tell the classes apart; where nothing lies, samples of the prior are decoded "
        "from nowhere.",
    ),
    "rate_distortion": Plot(
        "Rate and Distortion", "labkit.reporting.plots.latent:rate_distortion", ("vae",),
        "Test KL (how much the code says) against test reconstruction loss (how much is lost "
        "all the same). Down and to the left is better in both.",
        also=_ENCODING[1:],
    ),
}  # fmt: skip

FORMATS: dict[str, Format] = {
    "md": Format("Markdown", "labkit.reporting.render:write_markdown", "report.md"),
    "html": Format("HTML", "labkit.reporting.render:write_html", "report.html"),
    "pdf": Format("PDF", "labkit.reporting.pdf:write_pdf", "report.pdf", "pdf", "weasyprint"),
}


def resolve(target: str) -> Callable[..., Any]:
    """Import what an entry's ``"module:function"`` names.

    A user's own file is ``"own/my_gan:generator"``, see :mod:`labkit.own_code`.
    """
    module, _, name = target.partition(":")
    if module.startswith("own/"):
        from labkit.own_code import load

        own: Callable[..., Any] = getattr(load(module.removeprefix("own/")), name)
        return own
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


#: The registries a :class:`Param` may refer to by name in ``choices``.
REGISTRIES: dict[str, dict[str, Any]] = {
    "losses": LOSSES,
    "constraints": CONSTRAINTS,
    "optimisers": OPTIMISERS,
    "initialisations": INITIALISATIONS,
    "discriminator_norms": DISCRIMINATOR_NORMS,
    "hidden_norms": HIDDEN_NORMS,
    "gan_networks": GAN_NETWORKS,
    "vae_networks": VAE_NETWORKS,
    "reconstructions": RECONSTRUCTIONS,
    "datasets": DATASETS,
    "families": FAMILIES,
}
