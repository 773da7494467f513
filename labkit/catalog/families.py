"""The families of models and their settings, with default, label, limits and meaning."""

from dataclasses import replace
from typing import Any

from labkit.catalog.entries import Family, Param, Shown, Step

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
    "loss": Param("hinge", "Loss", "{}", choices="losses", about="adversarial loss"),
    "z_dim": Param(64, "z dimension", "z{}", minimum=1, about="length of the noise vector"),
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
_VAE_PARAMS: dict[str, Param] = {
    "networks": Param(
        "lab1", "Networks", "{}", choices="vae_networks", about="encoder and decoder"
    ),
    "latent_dim": Param(
        16, "Latent dimension", "latent{}", minimum=1, about="length of the latent vector"
    ),
    "reconstruction": Param(
        "l1", "Reconstruction", "{}", choices="reconstructions",
        about="how output and input are compared",
    ),
    "lr": Param(2e-3, "Learning rate", "lr{}", above=0, about="both networks"),
    "betas": replace(_BETAS, default=(0.9, 0.999)),
    "optimiser": _GAN_PARAMS["optimiser"],
    "beta": Param(1.0, "β", "beta{}", minimum=0, about="weight of the KL in what is minimised"),
    "kl_warmup": Param(
        0, "KL warm-up", "warmup{}", minimum=0,
        about="epochs over which β rises from 0 to its value",
    ),
    "free_bits": Param(
        0.0, "Free nats", "free{}", minimum=0,
        about="nats of KL per latent dimension that cost nothing",
    ),
    "norm": Param(
        "none", "Norm", "{}norm", choices="hidden_norms",
        about="normalisation in the hidden layers", option=("networks", "norm"),
    ),
    "dropout": Param(
        0.0, "Dropout", "dropout{}", minimum=0, below=1,
        about="share of the encoder's hidden units left out in training",
        option=("networks", "dropout"),
    ),
}  # fmt: skip

#: A VAE's settings and those of its critic.
_CRITICISED: dict[str, Param] = {
    **_VAE_PARAMS,
    "lr": Param(5e-4, "Learning rate", "lr{}", above=0, about="all networks"),
    "betas": _BETAS,
    "critic": Param("lab1", "Critic", "{}", choices="gan_networks", about="its discriminator"),
    **{name: _GAN_PARAMS[name] for name in ("loss", *_CONSTRAINED, "d_norm", "label_smoothing")},
}


def _gan_flow(told: str = "") -> tuple[Step, ...]:
    """The diagram of a GAN; `told` is what both networks are told beside."""
    return (
        Step("z", f"{told}noise, N(0, I)"),
        Step("Generator G", "makes", learns=True),
        Step("G(z)", "fake image"),
        Step("Discriminator D", f"{told}fake or real?", learns=True),
        Step("D(·)", "logit"),
        Step("loss", "one for D, one for G"),
    )


_CODING = (
    Step("x", "image"),
    Step("Encoder", "q(z|x)", learns=True),
    Step("μ, σ²", "KL to N(0, I)"),
    Step("z = μ + σ·ε", "ε ~ N(0, I)"),
    Step("Decoder", "p(x|z)", learns=True),
)
_COMPARED = Step("x̂", "compared with x")

#: What families that are told the class have more than others.
_CONDITIONAL: dict[str, Any] = {
    "conditional": True,
    "pictures": {
        "classes": Shown(
            "{model} Classes, a Row for Each",
            "Grid of {things}, a row for each class that {who} was asked for",
        )
    },
    "measures": ("labkit.measure.conditional:measure_conditional",),
}

_GAN = Family(
    label="GAN",
    target="labkit.train.models.gan:GAN",
    about="a generator and a discriminator trained against each other",
    params=_GAN_PARAMS,
    named_by=("loss", "z_dim"),
    losses=("d_loss", "g_loss"),
    only_train=("discriminator",),
    flow=_gan_flow(),
    hue="blue",
)

_VAE = Family(
    label="VAE",
    target="labkit.train.models.vae:VAE",
    about="an encoder to a Gaussian posterior and a decoder, trained on one bound",
    params=_VAE_PARAMS,
    named_by=("latent_dim",),
    losses=("total_loss", "recon_loss", "kl_loss"),
    reconstructs=True,
    flow=(*_CODING, _COMPARED),
    hue="orange",
    seconds=1 / 1000,
)

_ADVERSARIAL_VAE = Family(
    label="AdvVAE",
    target="labkit.train.models.adversarial_vae:AdversarialVAE",
    about="a VAE that also pays when a critic tells its samples from real images",
    params={
        **_CRITICISED,
        "adversarial_weight": Param(
            10.0, "Adversarial weight", "adv{}", minimum=0,
            about="weight of the critic's verdict beside reconstruction and KL",
        ),
    },
    named_by=("latent_dim",),
    losses=("total_loss", "recon_loss", "kl_loss", "d_loss", "g_loss"),
    reconstructs=True,
    only_train=("critic",),
    objective="Encoder and decoder minimise reconstruction + KL + w · the generator's "
    "adversarial loss on samples of the prior; w is the adversarial weight.",
    flow=(*_CODING, _COMPARED, Step("Critic", "judges samples", learns=True)),
    hue="red",
    mends="decoder",
)  # fmt: skip

_FLOW = Family(
    label="Flow",
    target="labkit.train.models.flow:Flow",
    about="a network of velocities along which noise becomes an image",
    params={
        "width": Param(
            32, "Width", "width{}", minimum=8, about="maps of the U-Net at 14 × 14, a multiple of 8"
        ),
        "lr": Param(1e-3, "Learning rate", "lr{}", above=0, about="the velocity network"),
        "betas": replace(_BETAS, default=(0.9, 0.999)),
        "optimiser": _GAN_PARAMS["optimiser"],
        "ema": replace(
            _GAN_PARAMS["ema"], default=0.99,
            about="decay of a moving average of the weights that makes the samples; 0: none",
        ),
        "solver": Param("euler", "Solver", "{}", choices="solvers", about="how samples are drawn"),
        "sampling_steps": Param(
            16, "Sampling steps", "steps{}", minimum=1, about="steps from noise to image"
        ),
    },
    named_by=("width",),
    losses=("flow_loss",),
    pictures={
        "paths": Shown(
            "{model} Paths from Noise to Image",
            "Grid by {who}: a row for each sample, from noise to one of {things}",
        )
    },
    sweeps={"sampling_steps": "sampling steps"},
    objective="E |v(x_t, t) − (x₁ − x₀)|², x_t = (1 − t) x₀ + t x₁ between noise x₀ and image x₁ "
    "(Lipman et al. 2023, arXiv:2210.02747).",
    flow=(
        Step("x₀, x₁", "noise, image"),
        Step("x_t", "between them"),
        Step("U-Net v", "velocity", learns=True),
        Step("x₁ − x₀", "compared with v"),
    ),
    sampling=(
        Step("x₀", "noise, N(0, I)"),
        Step("U-Net v", "dx/dt = v", learns=True),
        Step("x₁", "image, at t = 1"),
    ),
    hue="green",
    seconds=1 / 400, sample_seconds=1 / 100,
)  # fmt: skip

FAMILIES: dict[str, Family] = {
    "gan": _GAN,
    "vae": _VAE,
    "cgan": replace(
        _GAN,
        label="cGAN",
        target="labkit.train.models.conditional:ConditionalGAN",
        about="a GAN both of whose networks are told the class",
        **_CONDITIONAL,
        flow=_gan_flow("class, "),
        hue="green",
    ),
    "cvae": replace(
        _VAE,
        label="cVAE",
        target="labkit.train.models.conditional:ConditionalVAE",
        about="a VAE both of whose networks are told the class",
        **_CONDITIONAL,
        hue="purple",
        seconds=1 / 300,
    ),
    "infogan": replace(
        _GAN,
        label="InfoGAN",
        target="labkit.train.models.infogan:InfoGAN",
        about="a GAN part of whose noise can be told from its images: a category and two numbers",
        params={
            **_GAN_PARAMS,
            "lr": replace(_GAN_PARAMS["lr"], default=5e-4),
            "info_weight": Param(
                1.0, "Weight of information", "info{}", minimum=0,
                about="what G and the recognition head are paid a nat of information on the code",
            ),
        },
        named_by=("loss", "z_dim", "info_weight"),
        only_train=("discriminator", "recognition"),
        pictures={
            "categories": Shown(
                "{model} Categories, a Row for Each",
                "Grid of {things} by {who}, a row for each category of the code",
            ),
            "codes": Shown(
                "{model} Numbers of the Code",
                "Grid of {things} by {who}, a row for each category: the first number of the "
                "code grows over the left half, the second over the right",
            ),
        },
        measures=("labkit.measure.codes:measure_codes",),
        objective="D minimises its adversarial loss, G its own − w · I, and the recognition head Q "
        "maximises I, a lower bound on the information that an image gives about its code (Chen et "
        "al. 2016, arXiv:1606.03657, eq. 5): all of it for the category, a tenth for the two "
        "numbers; w is the weight of information. Q sees the features of D.",
        flow=(
            Step("z, c", "noise and code"),
            Step("Generator G", "makes", learns=True),
            Step("G(z, c)", "fake image"),
            Step("Discriminator D", "fake or real?", learns=True),
            Step("Recognition Q", "which code?", learns=True),
            Step("loss", "one for D, one for G and Q"),
        ),
        hue="pink",
    ),
    "flow": _FLOW,
    "cflow": replace(
        _FLOW,
        label="cFlow",
        target="labkit.train.models.flow:ConditionalFlow",
        about="flow matching told the class, with classifier-free guidance",
        params={
            **_FLOW.params,
            "guidance": Param(
                1.0, "Guidance", "w{}", minimum=0, about="weight of the class in sampling; 1: none"
            ),
        },
        **{**_CONDITIONAL, "pictures": {**_CONDITIONAL["pictures"], **_FLOW.pictures}},
        sweeps={**_FLOW.sweeps, "guidance": "weight of the guidance"},
        hue="grey",
    ),
    "adversarial_vae": _ADVERSARIAL_VAE,
    "vae_gan": replace(
        _ADVERSARIAL_VAE,
        label="VAE-GAN",
        target="labkit.train.models.adversarial_vae:VAEGAN",
        about="a VAE whose reconstructions are judged by a critic's features, not by pixels",
        only_train=(),  # its reconstruction loss is measured by the critic
        params={
            **{key: value for key, value in _CRITICISED.items() if key != "reconstruction"},
            "gamma": Param(
                0.01, "γ", "gamma{}", minimum=0,
                about="share of the feature distance in what the decoder minimises",
            ),
        },
        objective="Reconstruction = ½ ‖f(x̂) − f(x)‖², f being the critic without its last two "
        "layers. The encoder minimises reconstruction + KL, the decoder γ · reconstruction + the "
        "generator's adversarial loss (Larsen et al. 2016, arXiv:1512.09300, algorithm 1).",
        flow=(*_CODING, Step("Critic", "compares, judges", learns=True)),
        hue="teal",
    ),
    "latent_gan": Family(
        label="LatentGAN",
        target="labkit.train.models.latent_gan:LatentGAN",
        about="a VAE for the first part of training; then, the VAE frozen, a GAN of its codes",
        params={
            **_VAE_PARAMS,
            **{name: _GAN_PARAMS[name] for name in ("z_dim", "loss", *_CONSTRAINED)},
            "gan_lr": Param(  # at 2e-4, 400 steps are too few: codes stay alike, as if collapsed
                2e-3, "GAN's learning rate", "ganlr{}", above=0, about="generator and critic"
            ),
            "vae_share": Param(
                0.5, "VAE's share", "share{}", above=0, below=1,
                about="part of the training that goes to the VAE",
            ),
        },
        named_by=("latent_dim", "z_dim"),
        losses=("d_loss", "g_loss"),
        reconstructs=True,
        only_train=("discriminator",),
        phases=2,
        objective="The VAE minimises its loss first. Then, with the VAE frozen, generator and "
        "discriminator minimise the adversarial losses, x being codes of images, not images.",
        flow=(*_CODING, _COMPARED),
        sampling=(
            Step("noise", "N(0, I)"),
            Step("Generator G", "makes codes", learns=True),
            Step("code", "D: fake or real?"),
            Step("Decoder", "p(x|z)", learns=True),
            Step("x̂", "image"),
        ),
        hue="olive",
        mends="prior",
    ),
}  # fmt: skip
