"""GANs with networks of their own: the GAN's entry with other settings, pictures and words."""

from dataclasses import replace

from labkit.catalog.entries import Family, Param, Shown, Step


def made_from(gan: Family) -> dict[str, Family]:
    """The entries, by key, of families that have what a GAN has but its networks and their norm."""
    left_out = ("networks", "d_norm", "init")
    params = {name: param for name, param in gan.params.items() if name not in left_out}
    defaults = {"loss": "bce", "lr": 4e-3, "betas": (0.0, 0.99), "ema": 0.99}
    params |= {name: replace(params[name], default=value) for name, value in defaults.items()}
    about = "maps at 28 × 28, a multiple of 8; four times as many at 7 × 7"
    params["width"] = Param(16, "Width", "width{}", minimum=8, about=about)
    plain = replace(gan, params=params, hue="")
    return {"progressive": _progressive(plain), "style": _style(plain)}


def _progressive(gan: Family) -> Family:
    growing = ("growth", ("progressive",))
    return replace(
        gan,
        label="ProGAN",
        target="labkit.train.models.progressive:Progressive",
        about="a GAN that learns images of 7 × 7 pixels first, then of 14 × 14 and of 28 × 28",
        params={
            **gan.params,
            "growth": Param(
                "progressive", "Growth", "{}", choices="growths",
                about="progressive, or at_once for the same networks, whole from the start",
            ),
            "stages": Param(
                (0.2, 0.3), "Stages", "stages{}", minimum=0, below=1, only=growing,
                about="shares of the training at 7 × 7 and at 14 × 14 pixels; the rest is at "
                "28 × 28",
            ),
            "fade": Param(
                0.5, "Fade-in", "fade{}", minimum=0, below=1, only=growing,
                about="share of a stage over which its layers are faded in",
            ),
        },
        named_by=("growth",),
        pictures={
            "resolutions": Shown(
                "{model} Samples by Resolution",
                "Grid of {things} by {who}: a row each of 7, 14 and 28 pixels across, the noise of "
                "a column is the same",
            )
        },
        objective="G's loss and D's are those of a GAN, of images of the size that is reached. "
        "While a size is faded in, images and features are (1 − α) · the smaller ones, enlarged, "
        "+ α · the new ones (Karras et al. 2018, arXiv:1710.10196, appendix A).",
    )  # fmt: skip


def _style(gan: Family) -> Family:
    return replace(
        gan,
        label="StyleGAN",
        target="labkit.train.models.style:Style",
        about="a GAN whose generator gets its noise as a style, layer by layer",
        params={
            **gan.params,
            "mixing": Param(
                0.5, "Style mixing", "mix{}", minimum=0, below=1,
                about="share of images in training whose layers get the styles of two",
            ),
            "truncation": Param(
                1.0, "Truncation", "psi{}", minimum=0,
                about="ψ, how far the styles of samples are from their mean; 1: as in training",
            ),
        },
        named_by=("mixing",),
        pictures={
            "styles": Shown(
                "{model} Mixed Styles",
                "Grid of {things} by {who}: coarse layers have the style of the image at the left "
                "of the row, fine ones that of the image at the top of the column",
            ),
            "truncation": Shown(
                "{model} Samples by Truncation",
                "Grid of {things} by {who}: a row for each truncation, from 0.2 to 1.2; the noise "
                "of a column is the same",
            ),
            "layers": Shown(
                "{model} from Coarse to Fine",
                "Grid of {things} by {who}: what the layers up to 7, 14 and 28 pixels across add "
                "up to; the noise of a column is the same",
            ),
        },
        sweeps={"truncation": "truncation ψ", "mixed": "images whose styles are mixed"},
        objective="G's loss and D's are those of a GAN. G(z) is made of a style w = M(z): each "
        "convolution scales its input maps by its own linear function of w, divides by the size "
        "that its outputs would have, and adds noise (Karras et al. 2020, arXiv:1912.04958, eq. 1 "
        "to 3).",
        flow=(
            Step("z", "noise, N(0, I)"),
            Step("Mapping M", "makes", learns=True),
            Step("w", "style"),
            Step("Generator G", "w and noise a layer", learns=True),
            Step("G(w)", "fake image"),
            Step("Discriminator D", "fake or real?", learns=True),
            Step("loss", "one for D, one for G, M"),
        ),
    )  # fmt: skip
