"""Everything the catalog allows trains: families x losses x constraints x networks x options."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch

from labkit.catalog import FAMILIES, GAN_NETWORKS, REGISTRIES, VAE_NETWORKS
from labkit.catalog.rules import idle, objection
from labkit.data import load
from labkit.train import checkpoint, runtime
from labkit.train.loop import fit
from labkit.train.models.base import Autoencoder, Context, Family
from labkit.train.rng import stream
from tests.builders.cells import settings
from tests.builders.families import build

Settings = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _deterministic() -> None:
    runtime.set_up()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.from_numpy(load("MNIST", "train", "bundled", limit=16).images.copy())


@pytest.fixture(scope="module")
def labels() -> torch.Tensor:
    return torch.from_numpy(load("MNIST", "train", "bundled", limit=16).labels.astype("int64"))


def two_steps(family: Family, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    ((_, row),) = fit(family, images, epochs=1, batch_size=8, seed=7, labels=labels)
    return row


def allowed() -> list[tuple[str, Settings]]:
    """Family and settings of every combination of loss, constraint and networks."""
    found = []
    for family, about in FAMILIES.items():
        axes = [a for a in ("loss", "constraint", "networks") if a in about.params]
        pools = [list(REGISTRIES[about.params[axis].choices]) for axis in axes]
        for values in product(*pools):
            changes = dict(zip(axes, values, strict=True))
            if not objection(family, {}, settings(family, **changes), set(changes)):
                found.append((family, changes))
    return found


@pytest.mark.parametrize(
    ("family", "changes"),
    allowed(),
    ids=lambda v: v if isinstance(v, str) else "-".join(v.values()),
)
def test_every_combination_trains(
    family: str, changes: Settings, images: torch.Tensor, labels: torch.Tensor
) -> None:
    model = build(family, **changes)
    before = checkpoint.dump(model)
    row = two_steps(model, images, labels)
    assert set(FAMILIES[family].losses) <= row.keys()
    assert checkpoint.dump(model) != before
    if "loss" in changes:
        assert ("d_accuracy" in row) == (changes["loss"] != "wasserstein")
        assert ("d_penalty" in row) == (changes["constraint"] == "gradient_penalty")
    drawn = model.sample(12, stream(1, "x"))
    assert drawn.shape == (12, 1, 28, 28)
    assert drawn.isfinite().all()
    assert drawn.abs().max() <= 1


OPTIONS: list[tuple[str, Settings]] = [
    ("gan", {"optimiser": "rmsprop"}),
    ("gan", {"init": "normal"}),
    ("gan", {"loss": "bce", "label_smoothing": 0.1}),
    ("gan", {"ema": 0.9}),
    ("gan", {"d_norm": "layer", "constraint": "gradient_penalty", "loss": "wasserstein"}),
    ("gan", {"d_norm": "none"}),
    ("gan", {"networks": "dense", "d_norm": "batch"}),
    ("gan", {"n_critic": 2}),
    ("vae", {"optimiser": "rmsprop"}),
    ("vae", {"beta": 4.0}),
    ("vae", {"kl_warmup": 2}),
    ("vae", {"free_bits": 0.5}),
    ("cgan", {"networks": "dense", "loss": "wasserstein", "constraint": "gradient_penalty"}),
    ("adversarial_vae", {"critic": "dense", "constraint": "gradient_penalty"}),
    ("adversarial_vae", {"adversarial_weight": 1.0}),
    ("vae_gan", {"critic": "dcgan"}),
    ("vae_gan", {"gamma": 1.0}),
    ("latent_gan", {"vae_share": 0.75}),
    ("infogan", {"info_weight": 0.5}),
    ("progressive", {"growth": "at_once"}),
    ("progressive", {"stages": [0.4, 0.3]}),
    ("style", {"mixing": 0.0}),
    ("style", {"width": 8}),
    ("vae", {"networks": "dense512", "norm": "batch", "dropout": 0.3}),
]


@pytest.mark.parametrize(("family", "changes"), [*allowed(), *OPTIONS])
def test_all_of_them_train_in_bf16(
    family: str, changes: Settings, images: torch.Tensor, labels: torch.Tensor
) -> None:
    model = build(family, **changes)
    training: Settings = {
        "epochs": 2,
        "batch_size": 8,
        "seed": 7,
        "labels": labels,
        "precision": "bf16",
    }
    *_, (_, row) = fit(model, images, **training)
    assert set(FAMILIES[family].losses) <= row.keys()
    weights = [p for network in model.networks.values() for p in network.parameters()]
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in weights)
    assert model.sample(12, stream(1, "x")).isfinite().all()


@pytest.mark.parametrize(("family", "changes"), OPTIONS)
def test_every_option_changes_the_training(
    family: str, changes: Settings, images: torch.Tensor, labels: torch.Tensor
) -> None:
    base = {k: v for k, v in changes.items() if k in ("loss", "networks")}
    plain, other = build(family, **base), build(family, **changes)
    two_steps(plain, images, labels)
    two_steps(other, images, labels)
    assert checkpoint.dump(plain) != checkpoint.dump(other)


@pytest.mark.parametrize("family", ["cgan", "cvae"])
def test_a_class_can_be_asked_for(family: str, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Only the class differs down a column of the class grid, and the class is heard."""
    model: Any = build(family)
    two_steps(model, images, labels)
    draw = model.pictures()["classes"]
    grid, columns = draw(stream(1, "x"))
    assert grid.shape == (10 * columns, 1, 28, 28)
    assert torch.equal(grid, draw(stream(1, "x"))[0])
    assert not torch.equal(grid[0], grid[columns])
    noise = model.random_noise(12, stream(1, "x"))
    assert noise[:, -10:].argmax(1).tolist() == model.sample_labels(12).tolist()
    assert noise[:, -10:].sum(1).eq(1).all()


def test_a_conditional_discriminator_sees_the_class(
    images: torch.Tensor, labels: torch.Tensor
) -> None:
    model: Any = build("cgan")
    x = (images.float() / 127.5 - 1).unsqueeze(1)
    model.train(False)
    right = model._judge(x, labels)
    assert not torch.allclose(right, model._judge(x, (labels + 1) % 10))


def test_a_latent_gan_leaves_its_vae_alone_once_it_is_frozen(
    images: torch.Tensor, labels: torch.Tensor
) -> None:
    model: Any = build("latent_gan", vae_share=0.5)
    seen = []
    for _, row in fit(model, images, epochs=2, batch_size=8, seed=7, labels=labels):
        vae = [p.clone() for p in model.encoder.parameters()]
        seen.append((set(row), vae, model.G[0].weight.clone()))
    (first, vae1, g1), (second, vae2, g2) = seen
    assert "total_loss" in first
    assert "d_loss" not in first
    assert "d_loss" in second
    assert "total_loss" not in second
    assert all(torch.equal(a, b) for a, b in zip(vae1, vae2, strict=True))
    assert not torch.equal(g1, g2)
    x = (images.float() / 127.5 - 1).unsqueeze(1)
    torch.testing.assert_close(model.reconstruct(x), model.decode_codes(model.encode(x)[0]))


def test_the_vae_gans_encoder_learns_nothing_from_the_adversarial_loss(
    images: torch.Tensor, labels: torch.Tensor
) -> None:
    """With γ = 0 the decoder follows the critic alone; the encoder's gradient is the same."""
    gradients = []
    for gamma in (0.0, 1.0):
        model: Any = build("vae_gan", gamma=gamma)
        context = Context(stream(7, "noise", 1))
        model.step((images[:8].float() / 127.5 - 1).unsqueeze(1), context)
        gradients.append([model.encoder.mean.weight.grad, model.decoder[0].weight.grad])
    assert torch.equal(gradients[0][0], gradients[1][0])
    assert not torch.equal(gradients[0][1], gradients[1][1])


def test_an_idle_setting_changes_nothing(images: torch.Tensor, labels: torch.Tensor) -> None:
    family = FAMILIES["gan"]
    assert idle(family.params, settings("gan")) == {"clip", "gp_weight", "label_smoothing"}
    plain, other = build("gan"), build("gan", clip=0.5, gp_weight=3.0, label_smoothing=0.3)
    assert two_steps(plain, images, labels)["d_loss"] == two_steps(other, images, labels)["d_loss"]
    assert checkpoint.dump(plain) == checkpoint.dump(other)


def test_clipping_bounds_every_weight(images: torch.Tensor, labels: torch.Tensor) -> None:
    model = build("gan", networks="dcgan", loss="wasserstein", constraint="clip", clip=0.02)
    two_steps(model, images, labels)
    most = max(p.abs().max().item() for p in model.networks["discriminator"].parameters())
    assert most == pytest.approx(0.02)


def test_the_average_trails_the_generator(images: torch.Tensor, labels: torch.Tensor) -> None:
    """After one step from w to v it is decay w + (1 - decay) v, and it makes the samples."""
    model: Any = build("gan", ema=0.75)
    before = [p.clone() for p in model.G.parameters()]
    list(fit(model, images[:8], epochs=1, batch_size=8, seed=7))
    pairs = zip(before, model.G.parameters(), model.average.network.parameters(), strict=True)
    for w, v, mean in pairs:
        torch.testing.assert_close(mean, 0.75 * w + 0.25 * v)
    z = torch.randn(3, 64)
    model.average.network.eval()
    torch.testing.assert_close(model.decode(z), model.average.network.eval()(z))
    assert model.parameter_count() == build("gan").parameter_count()


def test_kl_warm_up_rises_in_a_straight_line() -> None:
    model: Any = build("vae", kl_warmup=2, beta=3.0)
    noise = torch.Generator()
    betas = [
        model._beta_now(Context(noise, step=step, steps=10, epoch=epoch, epochs=5))
        for epoch in (1, 2, 3)
        for step in (0, 5)
    ]
    assert betas == pytest.approx([0.0, 0.75, 1.5, 2.25, 3.0, 3.0])


def test_beta_weighs_what_is_learnt_not_what_is_recorded(
    images: torch.Tensor, labels: torch.Tensor
) -> None:
    for beta in (0.5, 4.0):
        row = two_steps(build("vae", beta=beta), images, labels)
        assert row["total_loss"] == pytest.approx(row["recon_loss"] + row["kl_loss"], rel=1e-6)


def test_normal_initialisation_has_its_spread() -> None:
    model = build("gan", networks="dcgan", init="normal")
    conv = model.networks["generator"][1]  # type: ignore[index]
    assert conv.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert conv.bias.abs().max() == 0
    assert model.networks["generator"][2].weight.mean().item() == pytest.approx(1, abs=0.01)  # type: ignore[index]


@pytest.mark.parametrize("name", GAN_NETWORKS)
@pytest.mark.parametrize("norm", ["own", "layer", "none"])
def test_a_discriminator_without_batch_norm_judges_each_image_alone(name: str, norm: str) -> None:
    from labkit.train.models import networks

    if norm == "own" and GAN_NETWORKS[name].norm == "batch":
        norm = "layer"
    torch.manual_seed(1)
    critic = networks.discriminator(name, norm)
    critic.train()
    for module in critic.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    x = torch.randn(4, 1, 28, 28)
    torch.testing.assert_close(critic(x)[:2], critic(x[:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [n for n, e in GAN_NETWORKS.items() if e.norm == "batch"])
def test_batch_norm_does_mix_images(name: str) -> None:
    from labkit.train.models import networks

    torch.manual_seed(1)
    critic, x = networks.discriminator(name), torch.randn(4, 1, 28, 28)
    assert (critic(x)[:2] - critic(x[:2])).abs().max() > 1e-3


@pytest.mark.parametrize("name", VAE_NETWORKS)
def test_a_vaes_codes_and_reconstructions_have_their_shapes(
    name: str, images: torch.Tensor
) -> None:
    model = build("vae", networks=name, latent_dim=2)
    assert isinstance(model, Autoencoder)
    x = (images.float() / 127.5 - 1).unsqueeze(1)
    mean, log_variance = model.encode(x)
    assert mean.shape == log_variance.shape == (16, 2)
    assert model.reconstruct(x).shape == x.shape
