"""What trainings are built from: data sets, losses, constraints, networks, optimisers."""

from typing import Any

from labkit.catalog.entries import Choice, Dataset, GanNetworks, Loss, Reconstruction, VaeNetworks

#: The files of every data set: training images and labels, test images and labels.
IDX_FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip


def _files(*sha256: str) -> dict[str, str]:
    return dict(zip(IDX_FILES, sha256, strict=True))


DATASETS: dict[str, Dataset] = {
    "MNIST": Dataset(
        label="MNIST",
        classes=tuple("0123456789"),
        files=_files(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        licence="CC BY-SA 3.0",
        source="Y. LeCun, C. Cortes, C. Burges",
        noun="digits",
        least_accuracy=0.992,
    ),
    "FashionMNIST": Dataset(
        label="Fashion-MNIST",
        classes=(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ),
        files=_files(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        licence="MIT",
        source="H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747",
        noun="clothes",
        least_accuracy=0.92,
        also=("fmnist", "fashion"),
    ),
}  # fmt: skip


def dataset_key(name: str) -> str:
    """The key of a data set by any of its names ("fashion-mnist"), or the name if it has none."""
    plain = "".join(filter(str.isalnum, name.lower()))
    for key, entry in DATASETS.items():
        label = "".join(filter(str.isalnum, entry.label.lower()))
        if plain in (key.lower(), label, *entry.also):
            return key
    return name


LOSSES: dict[str, Loss] = {
    "hinge": Loss(
        label="Hinge",
        target="labkit.train.losses:hinge",
        discriminator="E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))]",
        generator="−E[D(G(z))]",
        source="Lim & Ye 2017, arXiv:1705.02894",
    ),
    "bce": Loss(
        label="BCE",
        target="labkit.train.losses:bce",
        discriminator="−E[log σ(D(x))] − E[log(1 − σ(D(G(z))))]",
        generator="−E[log σ(D(G(z)))]  (non-saturating)",
        source="Goodfellow et al. 2014, arXiv:1406.2661",
    ),
    "wasserstein": Loss(
        label="Wasserstein",
        target="labkit.train.losses:wasserstein",
        discriminator="E[D(G(z))] − E[D(x)]",
        generator="−E[D(G(z))]",
        source="Arjovsky et al. 2017, arXiv:1701.07875",
        threshold=False,
    ),
}

CONSTRAINTS: dict[str, Choice] = {
    "none": Choice(
        "None", "labkit.train.constraints:Constraint", about="the discriminator is free"
    ),
    "clip": Choice(
        "Clipping", "labkit.train.constraints:Clip", "each weight into [−c, c] after D's step",
        "Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1",
        "a compact set of weights, so a bounded slope",
    ),
    "gradient_penalty": Choice(
        "Gradient penalty", "labkit.train.constraints:GradientPenalty",
        "λ E[(‖∇D(x̃)‖₂ − 1)²], x̃ between real and fake",
        "Gulrajani et al. 2017, arXiv:1704.00028, eq. 3",
        "asks for slope 1 between real and generated images",
    ),
    "spectral_norm": Choice(
        "Spectral norm", "labkit.train.constraints:SpectralNorm", "W / σ(W) in every layer",
        "Miyato et al. 2018, arXiv:1802.05957",
        "divides each weight matrix by its largest singular value",
    ),
}  # fmt: skip

OPTIMISERS: dict[str, Choice] = {
    # Kingma & Ba 2015, arXiv:1412.6980
    "adam": Choice("Adam", "labkit.train.optimisers:adam"),
    # Tieleman & Hinton 2012: no momentum, as the Wasserstein GAN wants it
    "rmsprop": Choice("RMSprop", "labkit.train.optimisers:rmsprop"),
}

INITIALISATIONS: dict[str, Choice] = {
    # uniform by fan-in (Kaiming)
    "default": Choice("PyTorch's", "labkit.train.options:default"),
    # every weight from N(0, 0.02²): Radford et al. 2016, arXiv:1511.06434
    "normal": Choice("Normal(0, 0.02)", "labkit.train.options:normal_002"),
}

SOLVERS: dict[str, Choice] = {
    "euler": Choice("Euler", "labkit.train.models.flow:euler", "x + h v(x, t)"),
    "heun": Choice(
        "Heun", "labkit.train.models.flow:heun", "x + h (v(x, t) + v(x + h v, t + h)) / 2"
    ),
}

GROWTHS: dict[str, Choice] = {"progressive": Choice("Growing"), "at_once": Choice("At once")}

DISCRIMINATOR_NORMS: dict[str, Choice] = {
    "own": Choice("the network's own"),
    "batch": Choice("Batch norm"),
    "layer": Choice("Layer norm"),
    "none": Choice("No norm"),
}

HIDDEN_NORMS: dict[str, Choice] = {"none": Choice("No norm"), "batch": Choice("Batch norm")}

_LAB1 = "the lab sheet"

GAN_NETWORKS: dict[str, GanNetworks] = {
    "lab1": GanNetworks(
        "Lab 1", "labkit.train.models.lab1:generator", "labkit.train.models.lab1:discriminator",
        "batch", _LAB1, "convolutional, 4×4 kernels, two and three levels",
    ),
    "dcgan": GanNetworks(
        "DCGAN", "labkit.train.models.dcgan:generator", "labkit.train.models.dcgan:discriminator",
        "batch", "Radford et al. 2016, arXiv:1511.06434", "convolutions only, no linear layer",
        work=1.5,
    ),
    "tf_dcgan": GanNetworks(
        "TF DCGAN", "labkit.train.models.tf_dcgan:generator",
        "labkit.train.models.tf_dcgan:discriminator",
        "none", "the DCGAN of TensorFlow's tutorial",
        "5×5 kernels, a wide generator, dropout in the discriminator",
        work=8.0,
    ),
    "dense": GanNetworks(
        "Dense", "labkit.train.models.dense_gan:generator",
        "labkit.train.models.dense_gan:discriminator",
        "none", "Goodfellow et al. 2014, arXiv:1406.2661", "linear layers only",
        work=0.4,
    ),
}  # fmt: skip

VAE_NETWORKS: dict[str, VaeNetworks] = {
    "lab1": VaeNetworks(
        "Lab 1", "labkit.train.models.networks:conv_encoder", "labkit.train.models.lab1:decoder",
        _LAB1, "convolutional, 4×4 kernels",
    ),
    "conv": VaeNetworks(
        "Conv", "labkit.train.models.networks:conv_encoder", "labkit.train.models.conv_vae:decoder",
        "a common teaching example", "two convolutions and their mirror image",
    ),
    "dense256": VaeNetworks(
        "Dense 256", "labkit.train.models.dense_vae:encoder256",
        "labkit.train.models.dense_vae:decoder256",
        "Kingma & Welling 2014, arXiv:1312.6114, appendix C", "one hidden layer of 256",
        work=0.2,
    ),
    "dense512": VaeNetworks(
        "Dense 512-256", "labkit.train.models.dense_vae:encoder512",
        "labkit.train.models.dense_vae:decoder512",
        "a common teaching example", "hidden layers of 512 and 256",
        options=("channels", "norm", "dropout"),
        work=0.3,
    ),
}  # fmt: skip

RECONSTRUCTIONS: dict[str, Reconstruction] = {
    "l1": Reconstruction("L1", "labkit.train.losses:l1", "Σ |x − x̂| over pixels"),
    "mse": Reconstruction("MSE", "labkit.train.losses:mse", "Σ (x − x̂)² over pixels"),
    # Of grey pixels that is no normalised likelihood, so no nats.
    "bernoulli": Reconstruction(
        "Bernoulli", "labkit.train.losses:bernoulli",
        "−Σ [x log p + (1 − x) log(1 − p)] over pixels", pixels="[0, 1]",
    ),
}  # fmt: skip

#: The registries a setting may choose from, by the name in its ``choices``.
REGISTRIES: dict[str, dict[str, Any]] = {
    "losses": LOSSES,
    "constraints": CONSTRAINTS,
    "optimisers": OPTIMISERS,
    "initialisations": INITIALISATIONS,
    "solvers": SOLVERS,
    "growths": GROWTHS,
    "discriminator_norms": DISCRIMINATOR_NORMS,
    "hidden_norms": HIDDEN_NORMS,
    "gan_networks": GAN_NETWORKS,
    "vae_networks": VAE_NETWORKS,
    "reconstructions": RECONSTRUCTIONS,
    "datasets": DATASETS,
}
