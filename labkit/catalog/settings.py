"""Settings that several families share, with default, label, limits and meaning."""

from dataclasses import replace

from labkit.catalog.entries import Param

BETAS = Param(
    (0.5, 0.999), "Adam betas", minimum=0, below=1, about="Adam moments",
    only=("optimiser", ("adam",)),
)  # fmt: skip
CONSTRAINED: dict[str, Param] = {
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
GAN_PARAMS: dict[str, Param] = {
    "networks": Param("lab1", "Networks", "{}", choices="gan_networks", about="G and D"),
    "loss": Param("hinge", "Loss", "{}", choices="losses", about="adversarial loss"),
    "z_dim": Param(64, "z dimension", "z{}", minimum=1, about="length of the noise vector"),
    "lr": Param(2e-4, "Learning rate", "lr{}", above=0, about="both networks"),
    "betas": BETAS,
    "n_critic": Param(
        1, "Discriminator steps", "critic{}", minimum=1,
        about="discriminator steps for one generator step",
    ),
    **CONSTRAINED,
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
VAE_PARAMS: dict[str, Param] = {
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
    "betas": replace(BETAS, default=(0.9, 0.999)),
    "optimiser": GAN_PARAMS["optimiser"],
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
CRITICISED: dict[str, Param] = {
    **VAE_PARAMS,
    "lr": Param(5e-4, "Learning rate", "lr{}", above=0, about="all networks"),
    "betas": BETAS,
    "critic": Param("lab1", "Critic", "{}", choices="gan_networks", about="its discriminator"),
    **{name: GAN_PARAMS[name] for name in ("loss", *CONSTRAINED, "d_norm", "label_smoothing")},
}

#: The settings of GANs with networks of their own, without batch norm.
OWN_NETWORKS: dict[str, Param] = {
    **{name: p for name, p in GAN_PARAMS.items() if name not in ("networks", "d_norm", "init")},
    "loss": replace(GAN_PARAMS["loss"], default="bce"),
    "lr": replace(GAN_PARAMS["lr"], default=4e-3),
    "betas": replace(BETAS, default=(0.0, 0.99)),
    "ema": replace(GAN_PARAMS["ema"], default=0.99),
    "width": Param(
        16, "Width", "width{}", minimum=8, about="maps at 28 × 28, a multiple of 8; 4 times as "
        "many at 7 × 7",
    ),
}  # fmt: skip
